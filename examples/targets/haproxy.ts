/** Adds the tasks of each service as servers to a backend of HAProxy, by its runtime API. See docs/haproxy.md. */
import { defaulted, integer, optional, required, text } from 'ecs-task-stream/worker'
import { defineTarget } from 'ecs-task-stream/worker/clusters'

export default defineTarget({
  name: 'haproxy',
  summary: 'Adds the tasks of each service as servers to a backend of HAProxy, by its runtime API',
  settings: {
    haproxyAddress: required(text('address', 'the path of a socket, or a host and a port'), {
      description: 'The stats socket of HAProxy, with level admin',
      example: '/run/haproxy/admin.sock',
    }),
    haproxyServerOptions: optional(text('keywords', 'keywords of a server'), {
      description: 'Keywords for each server, as in haproxy.cfg',
      example: 'check inter 2s maxconn 100',
      otherwise: 'none',
    }),
    haproxyPrefix: defaulted(text('prefix'), 'ecs', {
      description: 'How the names of the servers begin; workers that share a backend need different ones',
      example: 'ecs-blue',
    }),
    haproxyDrainSeconds: defaulted(integer({ min: 0, max: 86_400, unit: 'seconds' }), 300, {
      description: 'How long a connection to a task that stops may last; then it is ended',
      example: '60',
    }),
  },
  check: ({ haproxyAddress = '/' }) =>
    /^\/|:\d+$/.test(haproxyAddress)
      ? []
      : [
          {
            settings: ['haproxyAddress'],
            message: 'is neither the absolute path of a socket nor a host and a port',
            example: 'HAPROXY_ADDRESS=/run/haproxy/admin.sock',
          },
        ],
  sink: async ({ haproxyAddress, haproxyServerOptions, haproxyPrefix, haproxyDrainSeconds }) => {
    // Loaded here, because `--help` needs none of it.
    const { haproxyRuntime } = await import('ecs-task-stream/sinks/haproxy-runtime')
    return haproxyRuntime({
      address: haproxyAddress,
      serverOptions: haproxyServerOptions,
      prefix: haproxyPrefix,
      drainMs: haproxyDrainSeconds * 1000,
      name: 'haproxy',
    })
  },
  drive: async ({ haproxyAddress: address }) => {
    const { followReloads } = await import('ecs-task-stream/sinks/haproxy-runtime')
    return ({ worker, clock }) => followReloads(worker, { address, clock })
  },
})
