import { type Observable, Subject } from 'rxjs'
import type { Clock, Millis, Random } from '../../core/clock.js'
import { conflictOf } from '../../core/conflict.js'
import { type Address, type Backend, formatAddress } from '../../core/desired.js'
import type { BackendName } from '../../core/policy.js'
import { renderEach } from '../../core/render-each.js'
import type { Change, Outcome, Owner, Sink } from '../../core/sink.js'
import { heldRows, swapHeld } from '../kit/held-rows.js'
import { addressesOf, sameAddresses, type WeighedAddress } from './address-list.js'
import type { Balance } from './address-pool.js'
import { ConnectionLimit } from './connection-limit.js'
import { listenFailure, type ListenOn } from './listen-failure.js'
import type { PortTotals } from './port-totals.js'
import { type PortState, ProxiedPort } from './proxied-port.js'
import { systemClock } from '../../shared/async/system-clock.js'

export interface TcpProxyOptions {
  /** Default: `tcp-proxy`. */
  readonly name?: string
  /** The IP address to listen on. Default: every interface, with both IPv6 and IPv4 where available. */
  readonly host?: string
  /**
   * Where to listen for a backend; `undefined` for one without a port. Default: on `host`, at the port that the
   * backend's name gives.
   */
  readonly listen?: (backend: BackendName) => ListenOn | undefined
  /** How to choose the address of a connection. Default: `random`. */
  readonly balance?: Balance
  /** How long to wait for one address to answer. Default: 3,000 ms. */
  readonly dialMs?: Millis
  /** How long all addresses tried for one connection may take together. Default: 10,000 ms. */
  readonly connectMs?: Millis
  /**
   * How long an address is avoided after it did not answer. Doubles with each consecutive failure, up to eight times
   * this value. Default: 5,000 ms; 0 disables it.
   */
  readonly avoidMs?: Millis
  /** A connection on which no byte moves for this long is cut. Default: an hour; 0 disables it. */
  readonly idleMs?: Millis
  /**
   * How long connections to a task that is gone may continue. Default: 30,000 ms, the time ECS waits before it kills a
   * task.
   */
  readonly drainMs?: Millis
  /** The most open connections on all ports together. Each takes two file descriptors. Default: 10,000. */
  readonly maxConnections?: number
  /** Only its sleeps are used: setting the machine's clock neither delays nor hastens anything. */
  readonly clock?: Pick<Clock, 'sleep'>
  readonly random?: Random
}

/** An event that a client or an operator will notice. */
export type ProxyIncident =
  /** One address did not answer; another one is tried. */
  | {
      readonly _tag: 'DialFailed'
      readonly port: BackendName
      readonly address: Address
      readonly error: Error
    }
  /** A client was not connected to any task. */
  | { readonly _tag: 'Refused'; readonly port: BackendName; readonly why: keyof PortTotals['refused'] }

export interface TcpProxy extends Sink<readonly WeighedAddress[]> {
  /** Hot, and as frequent as client connections. */
  readonly incidents$: Observable<ProxyIncident>
  /** The state of each port that was ever opened. */
  ports(): ReadonlyMap<BackendName, PortState>
  /**
   * Stops listening permanently, and resolves when the last connection has ended. Connections still open after
   * `drainMs` are cut. Default: the option `drainMs`, but at most 20,000 ms, since ECS kills a task 30 s after SIGTERM.
   */
  close(drainMs?: Millis): Promise<void>
}

const looksAtIdle = 4

const portNamed =
  (host: string | undefined) =>
  (backend: BackendName): ListenOn | undefined => {
    const port = /^[1-9]\d{0,4}$/.test(backend) ? Number(backend) : NaN
    return port < 65_536 ? { port, ...(host !== undefined && { host }) } : undefined
  }

/** Whether a backend is for the test requests of a deployment, as far as its name and endpoints tell. */
const isForTests = ({ name, endpoints }: Backend): boolean =>
  !name.endsWith('/udp') && endpoints.length > 0 && endpoints.every(({ share }) => share?.role === 'target')

const noPort = (backend: BackendName): string =>
  backend.endsWith('/udp')
    ? `UDP is not proxied, only TCP: clients of ${backend} must reach the tasks themselves`
    : `"${backend}" is not a TCP port to listen on`

/**
 * A TCP load balancer in this process: it listens on one port per backend and connects clients to the backend's
 * endpoints. Backends named by port come from `containerPorts`.
 *
 * - A connection tries each address at most once, never one that is gone, and avoided addresses last.
 * - Bytes are passed on as they come, in both directions; an end is passed on as an end, a reset as a reset.
 * - A port without addresses is closed: the kernel refuses its clients at once, which every client and health check
 *   understands. Accepting only to close would look like a failing task.
 * - Test requests of a deployment have a port if `listen` gives one to their backend.
 * - A port that cannot be opened is rejected, and tried again whenever the worker reads its targets (`resyncMs`).
 *
 * The target disappears with the process, so there is no point in waiting for it: use `ack: 'folded'`.
 */
export const tcpProxy = ({
  name = 'tcp-proxy',
  host,
  listen = portNamed(host),
  balance = 'random',
  dialMs = 3_000,
  connectMs = 10_000,
  avoidMs = 5_000,
  idleMs = 3_600_000,
  drainMs = 30_000,
  maxConnections = 10_000,
  clock = systemClock,
  random = Math.random,
}: TcpProxyOptions = {}): TcpProxy => {
  const held = heldRows<readonly WeighedAddress[]>()
  const ports = new Map<BackendName, ProxiedPort>()
  const limit = new ConnectionLimit(maxConnections)
  const incidents$ = new Subject<ProxyIncident>()
  const closing = new AbortController()
  let watching = false

  /** How often connections are checked for idleness: a connection is cut late by at most a quarter of the limit. */
  const watchIdle = async (): Promise<void> => {
    if (watching || idleMs === 0) return
    watching = true
    for (;;) {
      await clock.sleep(idleMs / looksAtIdle, closing.signal)
      if (closing.signal.aborted) return
      for (const port of ports.values()) port.cutIdle(looksAtIdle)
    }
  }

  const portOf = (backend: BackendName, on: ListenOn): ProxiedPort => {
    const known = ports.get(backend)
    if (known !== undefined) return known
    const port = new ProxiedPort({
      on,
      balance,
      dialMs,
      connectMs,
      avoidMs,
      drainMs,
      limit,
      clock,
      random,
      dialFailed: (address, error) => incidents$.next({ _tag: 'DialFailed', port: backend, address, error }),
      refused: (why) => incidents$.next({ _tag: 'Refused', port: backend, why }),
    })
    ports.set(backend, port)
    void watchIdle()
    return port
  }

  /** Why the port could not be opened. */
  const open = async (
    backend: BackendName,
    addresses: readonly WeighedAddress[],
  ): Promise<string | undefined> => {
    const on = listen(backend)
    if (on === undefined) return noPort(backend)
    const port = portOf(backend, on)
    port.route(addresses)
    if (addresses.length === 0 || closing.signal.aborted) {
      port.unlisten()
      return undefined
    }
    try {
      await port.listen()
      return undefined
    } catch (thrown) {
      return listenFailure(on, thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }

  const write = async (
    change: Change<readonly WeighedAddress[]>,
    owner: Owner,
  ): Promise<Outcome<readonly WeighedAddress[]>> => {
    const { key } = change
    const conflict = conflictOf(change, held.rows.get(key))
    if (conflict !== undefined) return conflict
    const reason = await open(key, change._tag === 'Delete' ? [] : change.after)
    return reason === undefined ? swapHeld(held, change, owner) : { _tag: 'Rejected', key, reason }
  }

  return {
    name,
    local: true,
    adopt: true,
    equals: sameAddresses,
    ...renderEach<readonly WeighedAddress[]>((backend, held = []) => {
      if (listen(backend.name) !== undefined) return addressesOf(backend, held)
      // Nobody asked for a port for test requests. Another port that cannot be opened is rejected once, not again with
      // every change of its tasks.
      return isForTests(backend) ? undefined : []
    }),
    prune: () => undefined,
    emptied: () => [],
    hostsOf: (addresses) => [...new Set(addresses.map((address) => address.host))],
    endpointsOf: (addresses) => addresses.map(formatAddress),
    read: () => Promise.resolve([...held.rows.values()]),
    apply: (changes, owner) => Promise.all(changes.map((change) => write(change, owner))),
    incidents$: incidents$.asObservable(),
    ports: () => new Map(Array.from(ports, ([backend, port]) => [backend, port.state])),
    close: async (within = Math.min(drainMs, 20_000)) => {
      closing.abort()
      await Promise.all([...ports.values()].map((port) => port.close(within)))
    },
  }
}

export type { Balance, ListenOn, PortState, PortTotals, WeighedAddress }
