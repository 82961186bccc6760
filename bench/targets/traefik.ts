import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { redisTraefik } from 'ecs-task-stream/sinks/redis-traefik'
import { traefikFile } from 'ecs-task-stream/sinks/traefik-file'
import { traefikHttp } from 'ecs-task-stream/sinks/traefik-http'
import { redis, traefik as program } from '../../scripts/conformance/targets.js'
import { freePort, started } from './program.js'
import type { Target } from './target.js'

const providers = ['http', 'file', 'redis'] as const

/** A router for each provider's service `web`, and retries as the page on draining recommends. */
const routers = JSON.stringify({
  http: {
    routers: Object.fromEntries(
      providers.map((name) => [
        name,
        { rule: `Host(\`${name}.test\`)`, service: `web@${name}`, middlewares: ['again'] },
      ]),
    ),
    middlewares: { again: { retry: { attempts: 3 } } },
  },
})

/** With the settings of the tutorial: asked each second, and half a second between two configurations. */
export const traefik: Target = {
  name: 'Traefik',
  needs: [program, redis],
  start: async ([binary = '', redisServer = ''], home, faults) => {
    const http = traefikHttp()
    const server = createServer(faults.ofListener(http.listener)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const [port, redisPort] = [await freePort(), await freePort()]
    const directory = join(home, 'dynamic')
    await mkdir(directory)
    await writeFile(join(directory, 'routers.yml'), routers)
    const store = await started(
      redisServer,
      ['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', home, '--save', ''],
      redisPort,
    )
    const connection = createClient({ socket: { host: '127.0.0.1', port: redisPort } })
    connection.on('error', () => undefined)
    await connection.connect()
    const running = await started(
      binary,
      [
        `--entrypoints.web.address=127.0.0.1:${port}`,
        '--log.level=ERROR',
        '--global.checkNewVersion=false',
        '--global.sendAnonymousUsage=false',
        '--providers.providersThrottleDuration=500ms',
        `--providers.http.endpoint=http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        '--providers.http.pollInterval=1s',
        `--providers.file.directory=${directory}`,
        `--providers.redis.endpoints=127.0.0.1:${redisPort}`,
      ],
      port,
    )
    return {
      sinks: [
        http,
        faults.ofSink(traefikFile({ path: join(directory, 'services.yml') })),
        faults.ofSink(redisTraefik({ connection })),
      ],
      routes: providers.map((name) => ({
        target: `Traefik, ${name === 'http' ? 'HTTP' : name === 'redis' ? 'Redis' : name}`,
        port,
        host: `${name}.test`,
      })),
      end: async () => {
        await running.end()
        connection.destroy()
        await store.end()
        server.close()
        server.closeAllConnections()
      },
    }
  },
}
