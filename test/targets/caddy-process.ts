import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, request, type RequestOptions } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished, vi } from 'vitest'
import { isJson, isJsonObject, type Json, type JsonObject } from '../../src/shared/codec/json.js'
import type { CaddyTarget } from '../support/caddy-target.js'
import { freePort } from '../support/free-port.js'

/** What `test:targets` has installed. */
export const caddyProgram = process.env['CADDY_BIN']

export const caddyIsMissing =
  caddyProgram === undefined ? 'a real Caddy: run it by `npm run test:targets`' : undefined

export interface CaddyProcess extends CaddyTarget {
  /** The port of `proxied` configurations. */
  readonly port: number
  /** The answer to a request for this host name: its body, or a bad status. Made again if its connection is closed. */
  readonly routed: (host: string) => Promise<string>
  /** So many requests, one after the other, and how often each answer came. */
  readonly counted: (host: string, count: number) => Promise<Readonly<Record<string, number>>>
  /** Kills it, without a chance to save anything. */
  readonly crash: () => Promise<void>
  /** Starts it again, with what it saved by itself, or with its first configuration. */
  readonly restart: (how: 'resume' | 'config') => Promise<void>
}

const answered = async (
  options: RequestOptions,
  body?: string,
): Promise<{ readonly status: number; readonly text: string }> => {
  const sent = request(options).end(body)
  const response = await (once(sent, 'response') as Promise<[IncomingMessage]>).then(
    ([first]) => first,
    (error: unknown) => {
      // Caddy closes connections when it loads a configuration: those that are idle, and some that are just being made.
      if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return undefined
      throw error
    },
  )
  if (response === undefined) return answered({ ...options, agent: false }, body)
  return { status: response.statusCode ?? 0, text: await text(response) }
}

/** Routes `<backend>.test` to the handler of each backend; `more` is what else the handlers have. */
export const proxied = (port: number, backends: readonly string[], more: JsonObject = {}): JsonObject => ({
  apps: {
    http: {
      servers: {
        web: {
          listen: [`127.0.0.1:${port}`],
          automatic_https: { disable: true },
          routes: backends.map((name) => ({
            match: [{ host: [`${name}.test`] }],
            handle: [{ '@id': `ecs:${name}`, handler: 'reverse_proxy', ...more }],
          })),
        },
      },
    },
  },
})

/** A Caddy, ended when the test is over, unless told otherwise. `directory` gets all that it writes. */
export const caddyProcess = async (
  directory: string,
  {
    config = () => ({}),
    socketPath,
  }: {
    /** The configuration to start with. */
    readonly config?: (port: number) => JsonObject
    /** Its admin API is here instead. */
    readonly socketPath?: string
  } = {},
  /** Takes what ends it. */
  finished: (end: () => Promise<void>) => void = onTestFinished,
): Promise<CaddyProcess> => {
  const [port, adminPort] = [await freePort(), await freePort()]
  const listen = socketPath === undefined ? `127.0.0.1:${adminPort}` : `unix/${socketPath}`
  const place: RequestOptions =
    socketPath === undefined ? { host: '127.0.0.1', port: adminPort } : { socketPath }
  const file = join(directory, 'caddy.json')
  await writeFile(file, JSON.stringify({ admin: { listen }, ...config(port) }))
  const agent = new Agent({ keepAlive: true })
  let child: ChildProcess | undefined
  let log = ''

  const start = async (how: 'resume' | 'config'): Promise<void> => {
    child = spawn(
      caddyProgram ?? 'caddy',
      ['run', ...(how === 'resume' ? ['--resume'] : ['--config', file])],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, HOME: directory, XDG_CONFIG_HOME: directory, XDG_DATA_HOME: directory },
      },
    )
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
    const started = child
    await vi.waitFor(
      async () => {
        if (started.exitCode !== null) throw new Error(`Caddy has ended:\n${log}`)
        const { status } = await answered({ ...place, path: '/config/', agent: false })
        if (status !== 200) throw new Error(`${status}\n${log}`)
      },
      { timeout: 30_000, interval: 50 },
    )
  }
  const crash = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    await ended
  }
  finished(async () => {
    agent.destroy()
    await crash()
  })
  await start('config')

  const routed = async (host: string): Promise<string> => {
    const { status, text: body } = await answered({
      host: '127.0.0.1',
      port,
      path: '/',
      headers: { host },
      agent,
    })
    return status === 200 ? body : String(status)
  }
  return {
    url: socketPath === undefined ? `http://127.0.0.1:${adminPort}` : `unix:${socketPath}`,
    port,
    routed,
    counted: async (host, count) => {
      const counts: Record<string, number> = {}
      for (let n = 0; n < count; n++) {
        const answer = await routed(host)
        counts[answer] = (counts[answer] ?? 0) + 1
      }
      return counts
    },
    config: async () => {
      const answer = await answered({ ...place, path: '/config/', agent: false })
      const json: unknown = JSON.parse(answer.text)
      if (!isJson(json) || !isJsonObject(json)) throw new Error(`no configuration: ${answer.text}`)
      const { admin: _, ...others } = json
      return others
    },
    load: async (next: Json) => {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ admin: { listen }, ...(isJsonObject(next) ? next : {}) })
      const answer = await answered({ ...place, path: '/load', method: 'POST', headers, agent: false }, body)
      if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`)
    },
    crash,
    restart: async (how) => {
      await crash()
      await start(how)
    },
  }
}
