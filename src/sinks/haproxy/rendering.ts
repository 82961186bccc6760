/** Backends as servers of HAProxy. Pure. */
import {
  type Address,
  type Backend,
  compareAddresses,
  type Endpoint,
  formatAddress,
  trafficWeight,
} from '../../core/desired.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { renderEach } from '../../core/render-each.js'
import type { Sink } from '../../core/sink.js'
import { shareWeights } from '../kit/revision-shares.js'
import { fittedWeights } from './server-weights.js'

/** A server that gets requests. */
export interface HaproxyServer extends Address {
  /** 0 to 256, relative to the other servers of the backend. With 0, it gets no new requests. */
  readonly weight: number
}

/** Our servers in a backend of HAProxy. */
export interface HaproxyServers {
  /** Ordered by address. */
  readonly servers: readonly HaproxyServer[]
  /**
   * The names of servers in maintenance that this process has yet to remove, sorted: what an earlier process left
   * behind, and what others have put into maintenance.
   */
  readonly leaving: readonly string[]
}

/** No tasks: the backend stays ours, and HAProxy answers 503. */
export const noServers: HaproxyServers = { servers: [], leaving: [] }

const serversOf = (backend: Backend, held: readonly HaproxyServer[]): readonly HaproxyServer[] => {
  const parts = mergeIncomplete<Endpoint | HaproxyServer>(backend, {
    live: backend.endpoints,
    held,
    addressOf: formatAddress,
  })
  const live = parts.filter((part) => 'task' in part)
  const rest = parts.filter((part): part is HaproxyServer => !('task' in part))
  const shares = shareWeights(live, rest.length)
  const weights =
    shares === undefined
      ? // Those of the others fit already.
        [
          ...fittedWeights(live.map((endpoint) => trafficWeight(endpoint) ?? 1)),
          ...rest.map(({ weight }) => weight),
        ]
      : fittedWeights([...shares.endpoints, ...rest.map(() => shares.others)])
  return [...live, ...rest]
    .map(({ host, port }, i): HaproxyServer => ({ host, port, weight: weights[i] ?? 1 }))
    .sort(compareAddresses)
}

const renderServers = (backend: Backend, before: HaproxyServers | undefined): HaproxyServers | undefined =>
  // There is nothing to own yet.
  before === undefined && backend.endpoints.length === 0
    ? undefined
    : { servers: serversOf(backend, before?.servers ?? []), leaving: [] }

const sameServer = (a: HaproxyServer, b: HaproxyServer | undefined): boolean =>
  a.host === b?.host && a.port === b.port && a.weight === b.weight

const isEqual = (a: HaproxyServers, b: HaproxyServers): boolean =>
  a.servers.length === b.servers.length &&
  a.leaving.length === b.leaving.length &&
  a.servers.every((server, i) => sameServer(server, b.servers[i])) &&
  a.leaving.every((name, i) => name === b.leaving[i])

/** One record per backend, by the backend's name. */
export const haproxyRendering = (): Required<
  Pick<Sink<HaproxyServers>, 'equals' | 'render' | 'parts' | 'hostsOf' | 'emptied'>
> => ({
  equals: isEqual,
  ...renderEach(renderServers),
  emptied: () => noServers,
  hostsOf: ({ servers }) => [...new Set(servers.map(({ host }) => host))],
})
