import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { haproxyRuntime } from 'ecs-task-stream/sinks/haproxy-runtime'
import { haproxy as program } from '../../scripts/conformance/targets.js'
import { freePort, started } from './program.js'
import type { Target } from './target.js'

/** As in examples/haproxy/haproxy.cfg. */
const configurationOf = (port: number, socket: string): string =>
  [
    'global',
    `  stats socket ${socket} mode 600 level admin`,
    '  nbthread 1',
    'defaults',
    '  mode http',
    '  timeout connect 2s',
    '  timeout client 30s',
    '  timeout server 30s',
    '  retries 3',
    '  option redispatch 1',
    'frontend web',
    `  bind 127.0.0.1:${port}`,
    '  default_backend web',
    'backend web',
    '  balance leastconn',
    '',
  ].join('\n')

export const haproxy: Target = {
  name: 'HAProxy',
  needs: [program],
  start: async ([binary = ''], home, faults) => {
    const port = await freePort()
    const [configuration, socket] = [join(home, 'haproxy.cfg'), join(home, 'admin.sock')]
    await writeFile(configuration, configurationOf(port, socket))
    const running = await started(binary, ['-db', '-f', configuration], port)
    return {
      sinks: [faults.ofSink(haproxyRuntime({ address: socket }))],
      routes: [{ target: 'HAProxy, runtime API', port, host: 'web.test' }],
      end: running.end,
    }
  },
}
