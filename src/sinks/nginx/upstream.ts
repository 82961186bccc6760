/** The text of one upstream of nginx. Pure. */
import { type Address, formatAddress } from '../../core/desired.js'
import type { UpstreamOptions } from './options.js'

/** One `upstream { … }`, as it stands in nginx's configuration. */
export interface NginxUpstream {
  readonly text: string
  /** Why it must not be written; such a text never is. */
  readonly fault?: string
}

export interface NginxServer extends Address {
  /** From 1; `undefined`, as in nginx, is 1. */
  readonly weight: number | undefined
}

/** nginx refuses an upstream without a server. On this one alone it answers 502, “no live upstreams”, at once. */
const nobody = '    server 127.0.0.1:1 down;'

const keptMark = '# Kept without servers: nginx.conf still names it. Remove this file when it no longer does.'

const hostForm = /^(?:[0-9A-Za-z_](?:[0-9A-Za-z_.-]*[0-9A-Za-z_])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/

const isName = (host: string): boolean => !/^[0-9.]+$|:/.test(host)

/** Whether nginx can be given this address. What else it could mean in a configuration is excluded. */
const isServer = ({ host, port }: Address): boolean =>
  hostForm.test(host) && Number.isInteger(port) && port >= 1 && port <= 65_535

const parametersOf = (
  { host, weight }: NginxServer,
  { maxFails, failTimeoutMs, maxConns, resolve = false }: UpstreamOptions,
): string =>
  [
    weight === undefined ? '' : ` weight=${weight}`,
    maxFails === undefined ? '' : ` max_fails=${maxFails}`,
    failTimeoutMs === undefined ? '' : ` fail_timeout=${failTimeoutMs / 1000}s`,
    maxConns === undefined ? '' : ` max_conns=${maxConns}`,
    resolve && isName(host) ? ' resolve' : '',
  ].join('')

/** The upstream with these servers, in their order; without one, nginx has no live server. */
export const printUpstream = (
  upstream: string,
  servers: readonly NginxServer[],
  options: UpstreamOptions,
): NginxUpstream => {
  const bad = servers.find((server) => !isServer(server))
  if (bad !== undefined) {
    const address = JSON.stringify(formatAddress(bad))
    return {
      text: `# ${address}\n`,
      fault: `${address} is no address of a server: correct what the policy gives it`,
    }
  }
  const { zone, directives = [] } = options
  const lines = [
    `upstream ${upstream} {`,
    ...(zone === undefined ? [] : [`    zone ${upstream} ${zone};`]),
    ...directives.map((directive) => `    ${directive};`),
    ...servers.map((server) => `    server ${formatAddress(server)}${parametersOf(server, options)};`),
    ...(servers.length === 0 ? [nobody] : []),
    '}',
  ]
  return { text: `${lines.join('\n')}\n` }
}

const serverLine = /^ {4}server (?:\[([^\]\s]+)\]|([^:[\]\s]+)):(\d+)(?: weight=(\d+))?(?: [a-z_=0-9]+)*;$/gm

/** The servers in an upstream that `printUpstream` printed. */
export const serversIn = ({ text }: NginxUpstream): readonly NginxServer[] =>
  Array.from(text.replace(nobody, '').matchAll(serverLine), ([, ipv6, host, port, weight]) => ({
    host: ipv6 ?? host ?? '',
    port: Number(port),
    weight: weight === undefined ? undefined : Number(weight),
  }))

/** The same upstream without a server. */
export const emptied = ({ text }: NginxUpstream): NginxUpstream => {
  const others = text.split('\n').filter((line) => !line.startsWith('    server '))
  const end = others.lastIndexOf('}')
  return { text: others.toSpliced(end === -1 ? others.length : end, 0, nobody).join('\n') }
}

/** The upstream of a backend that is gone, and that nginx.conf needs to be there. */
export const kept = (upstream: NginxUpstream): NginxUpstream => ({
  text: `${keptMark}\n${emptied(upstream).text}`,
})

export const isKept = ({ text }: NginxUpstream): boolean => text.startsWith(keptMark)
