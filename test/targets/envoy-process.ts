import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished, vi } from 'vitest'
import { freePort } from '../support/free-port.js'

/** What `test:targets` has installed. */
export const envoyProgram = process.env['ENVOY_BIN']

export const envoyIsMissing =
  envoyProgram === undefined ? 'a real Envoy: run it by `npm run test:targets`' : undefined

export interface EnvoyHost {
  readonly address: string
  readonly zone: string
  readonly weight: number
}

export interface EnvoyProcess {
  /** The answer to a request for this host name: its body, or a bad status. */
  readonly routed: (host: string) => Promise<string>
  /** So many requests, one after the other, and how often each answer came. */
  readonly counted: (host: string, count: number) => Promise<Readonly<Record<string, number>>>
  /** The hosts of a cluster, by `/clusters?format=json`, ordered by address. */
  readonly hosts: (cluster: string) => Promise<readonly EnvoyHost[]>
  /** A counter of a cluster, such as `update_rejected`. */
  readonly counter: (cluster: string, name: string) => Promise<number>
}

interface ClusterStatus {
  readonly name: string
  readonly host_statuses?: readonly {
    readonly address: { readonly socket_address: { readonly address: string; readonly port_value: number } }
    readonly weight?: number
    readonly locality?: { readonly zone?: string }
  }[]
}

type Plain = Readonly<Record<string, unknown>>

const httpOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/** A cluster whose endpoints are in a file. */
export const clusterByFile = (name: string, path: string, more: Plain = {}): Plain => ({
  name,
  type: 'EDS',
  connect_timeout: '1s',
  eds_cluster_config: {
    service_name: name,
    eds_config: { resource_api_version: 'V3', path_config_source: { path } },
  },
  ...more,
})

/** A cluster whose endpoints the server `discovery` tells, under this name. */
export const clusterByRest = (name: string, service = name, more: Plain = {}): Plain => ({
  name,
  type: 'EDS',
  connect_timeout: '1s',
  eds_cluster_config: {
    service_name: service,
    eds_config: {
      resource_api_version: 'V3',
      api_config_source: {
        api_type: 'REST',
        transport_api_version: 'V3',
        cluster_names: ['discovery'],
        refresh_delay: '0.1s',
      },
    },
  },
  ...more,
})

/** The server of `clusterByRest`, which gets this secret as `authorization`. */
export const discovery = (port: number, secret: string): Plain => ({
  name: 'discovery',
  type: 'STATIC',
  connect_timeout: '1s',
  load_assignment: {
    cluster_name: 'discovery',
    endpoints: [
      {
        lb_endpoints: [
          { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
        ],
      },
    ],
  },
  typed_extension_protocol_options: {
    [httpOptions]: {
      '@type': `type.googleapis.com/${httpOptions}`,
      explicit_http_config: { http_protocol_options: {} },
      http_filters: [
        {
          name: 'secret',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation',
            mutations: {
              request_mutations: [{ append: { header: { key: 'authorization', value: secret } } }],
            },
          },
        },
        {
          name: 'codec',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec',
          },
        },
      ],
    },
  },
})

/** The host name `<cluster>.test` leads to the cluster. */
const listener = (port: number, clusters: readonly string[]): Plain => ({
  name: 'web',
  address: { socket_address: { address: '127.0.0.1', port_value: port } },
  filter_chains: [
    {
      filters: [
        {
          name: 'http',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
            stat_prefix: 'web',
            route_config: {
              virtual_hosts: clusters.map((cluster) => ({
                name: cluster,
                domains: [`${cluster}.test`],
                routes: [{ match: { prefix: '/' }, route: { cluster } }],
              })),
            },
            http_filters: [
              {
                name: 'router',
                typed_config: {
                  '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                },
              },
            ],
          },
        },
      ],
    },
  ],
})

const get = async (port: number, path: string, host: string, agent: Agent): Promise<string> => {
  const asked = request({ host: '127.0.0.1', port, path, headers: { host }, agent }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  const body = await text(response)
  return response.statusCode === 200 ? body : String(response.statusCode)
}

/** An Envoy with these clusters, ended when the test is over. `directory` gets its configuration. */
export const envoyProcess = async (directory: string, clusters: readonly Plain[]): Promise<EnvoyProcess> => {
  const [web, admin] = [await freePort(), await freePort()]
  const bootstrap = join(directory, 'bootstrap.json')
  await writeFile(
    bootstrap,
    JSON.stringify({
      node: { id: 'envoy-1', cluster: 'edge', locality: { zone: 'eu-west-1a' } },
      admin: { address: { socket_address: { address: '127.0.0.1', port_value: admin } } },
      static_resources: {
        listeners: [
          listener(
            web,
            clusters.map(({ name }) => String(name)),
          ),
        ],
        clusters,
      },
    }),
  )
  const child = spawn(
    envoyProgram ?? 'envoy',
    ['--config-path', bootstrap, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
  const ended = once(child, 'close')
  const agent = new Agent({ keepAlive: true })
  onTestFinished(async () => {
    agent.destroy()
    child.kill('SIGKILL')
    await ended
  })
  await vi.waitFor(
    async () => {
      if (child.exitCode !== null) throw new Error(`Envoy has ended:\n${log}`)
      const state = await get(admin, '/ready', 'localhost', agent)
      if (state !== 'LIVE\n') throw new Error(`ready: ${state}\n${log}`)
    },
    { timeout: 30_000, interval: 50 },
  )
  const routed = (host: string): Promise<string> => get(web, '/', host, agent)
  return {
    routed,
    counted: async (host, count) => {
      const counts: Record<string, number> = {}
      for (let n = 0; n < count; n++) {
        const answer = await routed(host)
        counts[answer] = (counts[answer] ?? 0) + 1
      }
      return counts
    },
    hosts: async (cluster) => {
      const { cluster_statuses: all } = JSON.parse(
        await get(admin, '/clusters?format=json', 'localhost', agent),
      ) as { readonly cluster_statuses: readonly ClusterStatus[] }
      return (all.find(({ name }) => name === cluster)?.host_statuses ?? [])
        .map(({ address, weight = 1, locality }) => {
          const { address: host, port_value: port } = address.socket_address
          return {
            address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
            zone: locality?.zone ?? '',
            weight,
          }
        })
        .sort((a, b) => (a.address < b.address ? -1 : 1))
    },
    counter: async (cluster, name) => {
      const stats = await get(admin, `/stats?filter=^cluster\\.${cluster}\\.${name}$`, 'localhost', agent)
      return Number(/: (\d+)/.exec(stats)?.[1] ?? 0)
    },
  }
}
