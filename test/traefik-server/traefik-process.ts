import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished, vi } from 'vitest'
import { freePort } from '../support/free-port.js'

/** Traefik rests this long between two configurations of one provider; its default is 2 s. */
const throttle = '--providers.providersThrottleDuration=50ms'

export interface Answer {
  readonly status: number
  readonly body: string
}

type Headers = Readonly<Record<string, string>>

/** As a router sees it: `Host` is what it routes by. Without an agent, nothing is kept alive. */
const get = async (
  port: number,
  path: string,
  headers: Headers,
  agent: Agent | false = false,
): Promise<Answer> => {
  const asked = request({ host: '127.0.0.1', port, path, headers, agent }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, body: await text(response) }
}

export interface TraefikProcess {
  /** A request through its one entrypoint, `web`. */
  readonly routed: (host: string, path?: string) => Promise<Answer>
  /** So many requests over kept-alive connections, and how often each answer came: its body, or a bad status. */
  readonly counted: (count: number, headers: Headers) => Promise<Readonly<Record<string, number>>>
  /** What it has made of all that its providers said: `/api/rawdata`. */
  readonly configuration: () => Promise<Record<string, Record<string, unknown>>>
  /** Its error lines. */
  readonly errors: () => readonly string[]
}

/** A Traefik with these further arguments, ended when the test is over. */
export const traefikProcess = async (...providers: readonly string[]): Promise<TraefikProcess> => {
  const [web, api] = [await freePort(), await freePort()]
  const child = spawn(
    process.env['TRAEFIK_BIN'] ?? 'traefik',
    [
      `--entrypoints.web.address=127.0.0.1:${web}`,
      `--entrypoints.traefik.address=127.0.0.1:${api}`,
      '--api.insecure=true',
      '--api.dashboard=false',
      '--ping=true',
      '--log.level=WARN',
      '--global.checkNewVersion=false',
      '--global.sendAnonymousUsage=false',
      throttle,
      ...providers,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await vi.waitFor(
    async () => {
      if (child.exitCode !== null) throw new Error(`Traefik has ended:\n${log}`)
      const { status } = await get(api, '/ping', { host: 'localhost' })
      if (status !== 200) throw new Error(`ping: ${status}\n${log}`)
    },
    { timeout: 30_000, interval: 50 },
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  onTestFinished(() => agent.destroy())
  const counted = async (count: number, headers: Headers): Promise<Readonly<Record<string, number>>> => {
    const counts: Record<string, number> = {}
    let left = count
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const { status, body } = await get(web, '/', headers, agent)
        const answer = status === 200 ? body : String(status)
        counts[answer] = (counts[answer] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: 16 }, client))
    return counts
  }
  return {
    routed: (host, path = '/') => get(web, path, { host }),
    counted,
    configuration: async () =>
      JSON.parse((await get(api, '/api/rawdata', { host: 'localhost' })).body) as Record<
        string,
        Record<string, unknown>
      >,
    errors: () => log.split('\n').filter((line) => /\bERR\b|level=error/i.test(line)),
  }
}
