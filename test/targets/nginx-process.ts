import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished, vi } from 'vitest'
import type { NginxAtHand } from '../sinks/nginx-laws.js'
import { freePort } from '../support/free-port.js'

/** What `test:targets` has installed. */
export const nginxProgram = process.env['NGINX_BIN']

export const nginxIsMissing =
  nginxProgram === undefined ? 'a real nginx: run it by `npm run test:targets`' : undefined

export interface NginxProcess extends NginxAtHand {
  readonly pidFile: string
  /** The answer to a request for this host name: its body, or a bad status. */
  readonly routed: (host: string, path?: string) => Promise<string>
  /**
   * Whether the process that answered last is the only one. After a reload the old one accepts connections for another
   * tenth of a second, and on a busy machine for longer: what it answers is older than what others have answered.
   */
  readonly answersAlone: () => boolean
  /** Starts it again after `end`. */
  readonly start: () => Promise<void>
}

const commandOf = (configuration: string): readonly string[] => [
  nginxProgram ?? 'nginx',
  '-e',
  'stderr',
  '-c',
  configuration,
]

/**
 * `web.test` leads to the upstream `web`, and answers 503 without a task by the lines of the example. The path `/plain`
 * does without those lines.
 */
const configurationOf = (home: string, port: number, more: string): string => `
daemon off;
pid ${home}/nginx.pid;
error_log stderr notice;
worker_processes 1;
events {}
http {
  access_log off;
  add_header x-answered-by $pid always;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${home}/temporary-${name};`).join('\n  ')}
  include ${home}/upstreams/*.conf;
  map $host $to { "~^(?<name>.+)[.]test$" $name; }
  server {
    listen 127.0.0.1:${port};
    proxy_next_upstream error timeout non_idempotent;
    location / {
      proxy_pass http://$to;
      error_page 502 @unanswered;
    }
    location /plain { proxy_pass http://$to; }
    location @unanswered {
      if ($upstream_addr !~ ":") { return 503; }
      return 502;
    }
  }
${more}
}
`

/** An nginx over an empty folder of upstreams in the directory, ended when the test is over. */
export const nginxProcess = async (home: string): Promise<NginxProcess> => {
  const port = await freePort()
  const configuration = join(home, 'nginx.conf')
  const pidFile = join(home, 'nginx.pid')
  mkdirSync(join(home, 'upstreams'))
  const configure = (more: string): void => writeFileSync(configuration, configurationOf(home, port, more))
  configure('')
  const [program = 'nginx', ...args] = commandOf(configuration)
  // A reload closes idle connections of clients: a request that crosses that on its way would be lost.
  const agent = new Agent({ keepAlive: false })
  let child: ChildProcess | undefined
  let log = ''
  let answeredBy: string | undefined

  const end = async (): Promise<void> => {
    const ending = child
    child = undefined
    if (ending?.exitCode !== null) return
    const ended = once(ending, 'close')
    // The fast shutdown: it ends its workers, too.
    ending.kill('SIGTERM')
    await ended
  }
  const routed = async (host: string, path = '/'): Promise<string> => {
    const asked = request({ host: '127.0.0.1', port, path, headers: { host }, agent }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const body = await text(response)
    answeredBy = String(response.headers['x-answered-by'])
    return response.statusCode === 200 ? body : String(response.statusCode)
  }
  const answersAlone = (): boolean => {
    const numbersIn = (lines: RegExp): readonly string[] => [...log.matchAll(lines)].map(([, id = '']) => id)
    const ended = new Set(numbersIn(/worker process (\d+) exited/g))
    const alive = numbersIn(/start worker process (\d+)/g).filter((id) => !ended.has(id))
    return alive.length === 1 && alive[0] === answeredBy
  }
  const start = async (): Promise<void> => {
    log = ''
    const started = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    child = started
    started.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
    await vi.waitFor(
      () => {
        if (started.exitCode !== null) throw new Error(`nginx has ended:\n${log}`)
        if (!existsSync(pidFile) || Number(readFileSync(pidFile, 'utf8')) !== started.pid)
          throw new Error(`nginx has not started:\n${log}`)
      },
      { timeout: 30_000, interval: 5 },
    )
  }
  onTestFinished(async () => {
    agent.destroy()
    await end()
  })
  await start()
  return {
    home,
    command: [program, ...args],
    pidFile,
    configure,
    routed,
    answersAlone,
    start,
    end,
  }
}
