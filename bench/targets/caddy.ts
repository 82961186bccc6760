import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { caddy as caddySink } from 'ecs-task-stream/sinks/caddy'
import { caddy as program } from '../../scripts/conformance/targets.js'
import { freePort, started } from './program.js'
import type { Target } from './target.js'

/** As in examples/caddy/caddy.json. */
const configurationOf = (port: number, socket: string): object => ({
  admin: { listen: `unix/${socket}`, config: { persist: false } },
  apps: {
    http: {
      servers: {
        web: {
          listen: [`127.0.0.1:${port}`],
          automatic_https: { disable: true },
          routes: [
            {
              handle: [
                {
                  '@id': 'ecs:web',
                  handler: 'reverse_proxy',
                  load_balancing: { retries: 2, try_duration: '5s' },
                  health_checks: { passive: { fail_duration: '10s' } },
                },
              ],
            },
          ],
        },
      },
    },
  },
})

export const caddy: Target = {
  name: 'Caddy',
  needs: [program],
  start: async ([binary = ''], home, faults) => {
    const port = await freePort()
    const [configuration, socket] = [join(home, 'caddy.json'), join(home, 'admin.sock')]
    await writeFile(configuration, JSON.stringify(configurationOf(port, socket)))
    const running = await started(binary, ['run', '--config', configuration], port)
    return {
      sinks: [faults.ofSink(caddySink({ url: `unix:${socket}` }))],
      routes: [{ target: 'Caddy, admin API', port, host: 'web.test' }],
      end: running.end,
    }
  },
}
