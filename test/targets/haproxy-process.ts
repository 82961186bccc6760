import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { vi } from 'vitest'
import { systemClock } from '../../src/shared/async/system-clock.js'
import { type RuntimeApi, runtimeApi } from '../../src/sinks/haproxy/runtime-api.js'
import { parseServersState, type ServerState } from '../../src/sinks/haproxy/servers-state.js'
import { freePort } from '../support/free-port.js'

/** What `test:targets` has installed. */
export const haproxyProgram = process.env['HAPROXY_BIN']

export const haproxyIsMissing =
  haproxyProgram === undefined ? 'a real HAProxy: run it by `npm run test:targets`' : undefined

export interface HaproxyConfiguration {
  /** More lines of the section `global`. */
  readonly global?: readonly string[]
  /** The lines of each backend, by its name. The host name `<backend>.test` leads to it. */
  readonly backends: Readonly<Record<string, readonly string[]>>
}

export interface HaproxyProcess {
  /** The path of the stats socket. */
  readonly socket: string
  readonly api: RuntimeApi
  /** Of one backend. */
  readonly servers: (backend: string) => Promise<readonly ServerState[]>
  /** The answer to a request for this backend: its body, or a bad status. */
  readonly routed: (backend: string, path?: string) => Promise<string>
  /** So many requests, one after the other, and how often each answer came. */
  readonly counted: (backend: string, count: number) => Promise<Readonly<Record<string, number>>>
  /** Resolves when the new process answers. */
  readonly reload: (configuration?: HaproxyConfiguration) => Promise<void>
  readonly stop: () => Promise<void>
}

const { signal } = new AbortController()

const printed = ({ backends, global = [] }: HaproxyConfiguration, port: number, socket: string): string =>
  [
    'global',
    `  stats socket ${socket} mode 600 level admin`,
    '  hard-stop-after 5s',
    ...global.map((line) => `  ${line}`),
    'defaults',
    '  mode http',
    // A busy machine may keep HAProxy from a connection that is there.
    '  timeout connect 30s',
    '  timeout client 30s',
    '  timeout server 30s',
    'frontend web',
    `  bind 127.0.0.1:${port}`,
    ...Object.keys(backends).map((name) => `  use_backend ${name} if { req.hdr(host) ${name}.test }`),
    ...Object.entries(backends).flatMap(([name, lines]) => [
      `backend ${name}`,
      ...lines.map((line) => `  ${line}`),
    ]),
    '',
  ].join('\n')

/** A HAProxy in the mode with a master, as Debian starts it. `directory` gets its configuration and its socket. */
export const haproxyProcess = async (
  directory: string,
  configuration: HaproxyConfiguration,
): Promise<HaproxyProcess> => {
  const port = await freePort()
  const file = join(directory, 'haproxy.cfg')
  const [socket, master] = [join(directory, 'admin.sock'), join(directory, 'master.sock')]
  await writeFile(file, printed(configuration, port, socket))
  const child = spawn(haproxyProgram ?? 'haproxy', ['-W', '-db', '-S', master, '-f', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
  const ended = once(child, 'close')
  // HAProxy closes idle connections when it reloads, which a request may meet.
  const agent = new Agent({ keepAlive: false })
  const apiAt = (path: string, timeoutMs = 60_000): RuntimeApi =>
    runtimeApi({ address: { path }, timeoutMs, mostBytes: 1e7, clock: systemClock })
  const api = apiAt(socket)
  const processId = async (): Promise<string> => {
    if (child.exitCode !== null) throw new Error(`HAProxy has ended:\n${log}`)
    return /^Pid: (\d+)$/m.exec(await api('show info', signal))?.[1] ?? ''
  }
  const routed = async (backend: string, path = '/'): Promise<string> => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path,
      headers: { host: `${backend}.test` },
      agent,
    }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const body = await text(response)
    return response.statusCode === 200 ? body : String(response.statusCode)
  }
  await vi.waitFor(processId, { timeout: 30_000, interval: 20 })
  return {
    socket,
    api,
    servers: async (backend) => parseServersState(await api(`show servers state ${backend}`, signal)) ?? [],
    routed,
    counted: async (backend, count) => {
      const counts: Record<string, number> = {}
      for (let n = 0; n < count; n++) {
        const answer = await routed(backend)
        counts[answer] = (counts[answer] ?? 0) + 1
      }
      return counts
    },
    reload: async (next = configuration) => {
      await writeFile(file, printed(next, port, socket))
      const before = await processId()
      let attempts = 0
      await vi.waitFor(
        async () => {
          // A master that is about to wait may miss a signal for a minute, and a command altogether. It ends the
          // connection of a command without an answer.
          if (attempts % 200 === 0) await apiAt(master, 2_000)('reload', signal).catch(() => undefined)
          if (attempts % 200 === 100) child.kill('SIGUSR2')
          attempts++
          if ((await processId()) === before) throw new Error(`it has not reloaded:\n${log}`)
        },
        { timeout: 90_000, interval: 20 },
      )
    },
    stop: async () => {
      agent.destroy()
      child.kill('SIGTERM')
      await ended
    },
  }
}
