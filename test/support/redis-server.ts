import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@redis/client'
import { freePort } from './free-port.js'

const program = process.env['REDIS_SERVER'] ?? 'redis-server'

/** Why there is no Redis server to test with; undefined where there is. */
export const redisIsMissing: string | undefined =
  spawnSync(program, ['--version']).status === 0
    ? undefined
    : `no ${program} on the PATH: install Redis, or set REDIS_SERVER`

export type RedisClient = Awaited<ReturnType<RedisServer['client']>>

/** A Redis server of our own: a free port, an empty directory, nothing kept. */
export class RedisServer {
  private readonly clients: ReturnType<typeof createClient>[] = []

  private constructor(
    readonly port: number,
    private readonly stopped: () => Promise<void>,
  ) {}

  static async start(...settings: readonly string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'ecs-task-stream-redis-'))
    // Somebody may take the port in between.
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const child = spawn(
        program,
        ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', ...settings],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      const closed = once(child, 'close')
      const log: string[] = []
      const isReady = new Promise<boolean>((resolve) => {
        const lines = createInterface(child.stdout)
        lines.on('line', (line) => {
          log.push(line)
          if (line.includes('Ready to accept connections')) resolve(true)
        })
        lines.on('close', () => resolve(false))
      })
      if (await isReady)
        return new RedisServer(port, async () => {
          child.kill('SIGKILL')
          await closed
          await rm(directory, { recursive: true, force: true })
        })
      if (attempt === 3) throw new Error(`${program} does not start:\n${log.join('\n')}`)
    }
  }

  /** A client that is connected, and closed with the server. */
  async client(options: Parameters<typeof createClient>[0] = {}) {
    const client = createClient({
      ...options,
      socket: { host: '127.0.0.1', port: this.port, reconnectStrategy: 1 },
    })
    // A lost connection is told here too, and would end the process.
    client.on('error', () => undefined)
    await client.connect()
    this.clients.push(client)
    return client
  }

  /** `clients`: closed too, so that they do not look for it any more. */
  async stop({ clients = true }: { readonly clients?: boolean } = {}): Promise<void> {
    if (clients) for (const client of this.clients) if (client.isOpen) client.destroy()
    await this.stopped()
  }
}
