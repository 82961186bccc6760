import type { Clock, Millis } from '../../core/clock.js'
import { OptionError } from '../../core/option-error.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'

/** What is written into each upstream beside its servers. */
export interface UpstreamOptions {
  /** `max_fails` of each server: so many failures take it out for a while; 0: never. Default: nginx's, 1. */
  readonly maxFails?: number | undefined
  /** `fail_timeout` of each server, in whole seconds, as nginx has it. Default: nginx's, 10 s. */
  readonly failTimeoutMs?: Millis | undefined
  /** `max_conns` of each server. Default: nginx's, no limit. */
  readonly maxConns?: number | undefined
  /** The size of a `zone`, such as `64k`: what a worker process of nginx learns about servers is then known to all. */
  readonly zone?: string | undefined
  /**
   * Gives servers with a host name the parameter `resolve`, so that nginx follows changes of DNS. For nginx from 1.27.3
   * on; needs `zone`, and a `resolver` in nginx.conf. Default: false.
   */
  readonly resolve?: boolean | undefined
  /** Other directives of each upstream, without semicolons, such as `least_conn` or `keepalive 32`. Default: none. */
  readonly directives?: readonly string[] | undefined
}

export interface NginxFilesOptions extends UpstreamOptions {
  /**
   * A directory that exists, and that this process may write into. nginx.conf includes its files: `include
   * /etc/nginx/upstreams/*.conf;` in `http`.
   */
  readonly directory: string
  /** Unique among a worker's sinks. Default: `nginx`. */
  readonly name?: string
  /**
   * The command that runs nginx, and its first arguments; `-t` or `-s reload` follows. It is started without a shell.
   * Default: `['nginx']`.
   */
  readonly command?: readonly string[] | undefined
  /**
   * The file with the process ID of nginx's master process, which then gets SIGHUP. Default: the command with `-s
   * reload` reloads nginx.
   */
  readonly pidFile?: string | undefined
  /** At most one reload in this time. The first change after a pause is loaded at once. Default: 1,000. */
  readonly reloadIntervalMs?: Millis | undefined
  readonly clock?: Clock
}

const most = 2 ** 31 - 1

/** One directive: what would end it, or begin another, is no part of it. */
const directiveForm = /^[a-z_][a-z0-9_]*(?: [^\s;{}#"'\\]+)*$/

const expected = (option: string, what: string, value: unknown): OptionError =>
  new OptionError(`nginxFiles: ${option}: expected ${what}, got ${JSON.stringify(value)}`)

const checkUpstream = ({
  maxFails,
  failTimeoutMs,
  maxConns,
  zone,
  resolve = false,
  directives = [],
}: UpstreamOptions): void => {
  if (maxFails !== undefined) wholeNumber('nginxFiles: maxFails', maxFails, 0, most)
  if (maxConns !== undefined) wholeNumber('nginxFiles: maxConns', maxConns, 0, most)
  if (failTimeoutMs !== undefined) {
    wholeNumber('nginxFiles: failTimeoutMs', failTimeoutMs, 1000, most)
    if (failTimeoutMs % 1000 !== 0)
      throw expected('failTimeoutMs', 'whole seconds, such as 10000', failTimeoutMs)
  }
  if (zone !== undefined && !/^[1-9]\d*[km]?$/i.test(zone)) throw expected('zone', 'a size such as 64k', zone)
  if (resolve && zone === undefined)
    throw expected('resolve', 'zone as well, such as 64k: nginx resolves names only with one', resolve)
  for (const directive of directives)
    if (!directiveForm.test(directive) || /^(?:server|zone) /.test(directive))
      throw expected('directives', 'directives without a semicolon, such as "keepalive 32"', directive)
}

/** Throws an OptionError for an invalid option. */
export const checkOptions = ({
  directory,
  command = ['nginx'],
  pidFile,
  reloadIntervalMs = 1000,
  ...upstream
}: NginxFilesOptions): void => {
  if (directory === '') throw expected('directory', 'a path', directory)
  if (command.length === 0 || command[0] === '')
    throw expected('command', 'a program and its arguments, such as ["nginx"]', command)
  if (pidFile === '') throw expected('pidFile', 'a path', pidFile)
  wholeNumber('nginxFiles: reloadIntervalMs', reloadIntervalMs, 0, most)
  checkUpstream(upstream)
}
