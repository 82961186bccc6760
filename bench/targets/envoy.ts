import { createServer } from 'node:http'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { envoyFiles } from 'ecs-task-stream/sinks/envoy-files'
import { envoyRest } from 'ecs-task-stream/sinks/envoy-rest'
import { envoy as program } from '../../scripts/conformance/targets.js'
import { freePort, started } from './program.js'
import type { Target } from './target.js'

const typed = (name: string, more: object): object => ({
  '@type': `type.googleapis.com/envoy.extensions.filters.${name}`,
  ...more,
})

const clusterOf = (name: string, source: object): object => ({
  name,
  type: 'EDS',
  connect_timeout: '1s',
  eds_cluster_config: { service_name: 'web', eds_config: { resource_api_version: 'V3', ...source } },
})

const hostOf = (cluster: string): object => ({
  name: cluster,
  domains: [`${cluster}.test`],
  routes: [
    {
      match: { prefix: '/' },
      route: {
        cluster,
        retry_policy: {
          retry_on: 'connect-failure,refused-stream',
          num_retries: 2,
          host_selection_retry_max_attempts: 5,
          retry_host_predicate: [
            {
              name: 'previous_hosts',
              typed_config: {
                '@type':
                  'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
              },
            },
          ],
        },
      },
    },
  ],
})

/** As in examples/envoy/bootstrap.yaml. */
const bootstrap = (port: number, worker: number, file: string): object => ({
  node: { id: 'envoy', cluster: 'edge' },
  static_resources: {
    listeners: [
      {
        name: 'web',
        address: { socket_address: { address: '127.0.0.1', port_value: port } },
        filter_chains: [
          {
            filters: [
              {
                name: 'http',
                typed_config: typed('network.http_connection_manager.v3.HttpConnectionManager', {
                  stat_prefix: 'web',
                  route_config: { virtual_hosts: ['rest', 'file'].map(hostOf) },
                  http_filters: [{ name: 'router', typed_config: typed('http.router.v3.Router', {}) }],
                }),
              },
            ],
          },
        ],
      },
    ],
    clusters: [
      clusterOf('rest', {
        api_config_source: {
          api_type: 'REST',
          transport_api_version: 'V3',
          cluster_names: ['worker'],
          refresh_delay: '1s',
        },
      }),
      clusterOf('file', { path_config_source: { path: file } }),
      {
        name: 'worker',
        type: 'STATIC',
        connect_timeout: '1s',
        load_assignment: {
          cluster_name: 'worker',
          endpoints: [
            {
              lb_endpoints: [
                { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: worker } } } },
              ],
            },
          ],
        },
      },
    ],
  },
})

export const envoy: Target = {
  name: 'Envoy',
  needs: [program],
  start: async ([binary = ''], home, faults) => {
    const rest = envoyRest()
    const server = createServer(faults.ofListener(rest.listener)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = await freePort()
    const [configuration, file] = [join(home, 'bootstrap.json'), join(home, 'web.json')]
    // Envoy needs it before it starts; it becomes ours.
    await writeFile(file, '')
    await writeFile(
      configuration,
      JSON.stringify(bootstrap(port, (server.address() as AddressInfo).port, file)),
    )
    const args = ['--config-path', configuration, '--concurrency', '1', '--disable-hot-restart']
    const running = await started(binary, [...args, '--log-level', 'error'], port)
    return {
      sinks: [rest, faults.ofSink(envoyFiles({ directory: home }))],
      routes: [
        { target: 'Envoy, REST', port, host: 'rest.test' },
        { target: 'Envoy, file', port, host: 'file.test' },
      ],
      end: async () => {
        await running.end()
        server.close()
        server.closeAllConnections()
      },
    }
  },
}
