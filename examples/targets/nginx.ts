/** Writes each service as an upstream of nginx, and has nginx load it. See docs/nginx.md. */
import { defaulted, integer, list, optional, required, text } from 'ecs-task-stream/worker'
import { defineTarget } from 'ecs-task-stream/worker/clusters'

/** `least_conn; keepalive 32`, as nginx.conf has them. */
const directivesIn = (settings: string): readonly string[] =>
  settings
    .split(';')
    .map((directive) => directive.trim())
    .filter((directive) => directive !== '')

export default defineTarget({
  name: 'nginx',
  summary: 'Writes each service as an upstream of nginx, and has nginx test and load it',
  settings: {
    nginxDirectory: required(text('path', 'the path of a directory'), {
      description: 'Directory of upstream files, which nginx.conf includes',
      example: '/etc/nginx/upstreams',
    }),
    nginxCommand: defaulted(list('words', 'a program and its arguments'), ['nginx'], {
      description: 'The command that runs nginx; -t or -s reload follows. No shell is involved',
      example: 'sudo -n nginx',
    }),
    nginxPidFile: optional(text('path', 'the path of a file'), {
      description: 'File with the process ID of nginx, which then gets SIGHUP to reload',
      example: '/run/nginx.pid',
      otherwise: 'the command reloads nginx',
    }),
    nginxReloadSeconds: defaulted(integer({ min: 0, max: 3600, unit: 'seconds' }), 1, {
      description: 'At most one reload in this time; the first change after a pause is loaded at once',
      example: '5',
    }),
    nginxMaxFails: optional(integer({ min: 0, max: 1_000_000, unit: 'failures' }), {
      description: 'max_fails of each server; 0: nginx never takes one out by itself',
      example: '3',
      otherwise: "nginx's: 1",
    }),
    nginxFailTimeoutSeconds: optional(integer({ min: 1, max: 86_400, unit: 'seconds' }), {
      description: 'fail_timeout of each server',
      example: '5',
      otherwise: "nginx's: 10 s",
    }),
    nginxZone: optional(text('size'), {
      description: 'Size of a zone, in which what nginx learns about servers is known to all its processes',
      example: '64k',
      otherwise: 'none',
    }),
    nginxDirectives: optional(text('directives'), {
      description: 'More directives of each upstream, separated by semicolons',
      example: 'least_conn; keepalive 32',
      otherwise: 'none',
    }),
  },
  sink: async (settings) => {
    // Loaded here, because `--help` needs none of it.
    const { nginxFiles } = await import('ecs-task-stream/sinks/nginx')
    const { nginxFailTimeoutSeconds: failTimeout } = settings
    return nginxFiles({
      directory: settings.nginxDirectory,
      command: settings.nginxCommand,
      pidFile: settings.nginxPidFile,
      reloadIntervalMs: settings.nginxReloadSeconds * 1000,
      maxFails: settings.nginxMaxFails,
      failTimeoutMs: failTimeout === undefined ? undefined : failTimeout * 1000,
      zone: settings.nginxZone,
      directives: directivesIn(settings.nginxDirectives ?? ''),
    })
  },
})
