import { type Observable, Subject } from 'rxjs'
import type { Clock, Millis, Random } from '../../core/clock.js'
import { conflictOf } from '../../core/conflict.js'
import type { Address } from '../../core/desired.js'
import type { BackendName } from '../../core/policy.js'
import { renderEach } from '../../core/render-each.js'
import type { Change, Outcome, Owner, Sink } from '../../core/sink.js'
import { heldRows, swapHeld } from '../kit/held-rows.js'
import { addressesOf, sameAddresses } from './address-list.js'
import type { Balance } from './address-pool.js'
import { ConnectionLimit } from './connection-limit.js'
import { listenFailure, type ListenOn } from './listen-failure.js'
import type { PortTotals } from './port-totals.js'
import { type PortState, ProxiedPort } from './proxied-port.js'
import { systemClock } from '../../shared/async/system-clock.js'

export interface TcpProxyOptions {
  /** Default: `tcp-proxy`. */
  readonly name?: string
  /** The IP address to listen on. Default: every interface, by IPv6 and IPv4 where the machine has both. */
  readonly host?: string
  /**
   * Where a backend is listened on; `undefined` for one that has no port. Default: `host`, and the port that is its
   * name.
   */
  readonly listen?: (backend: BackendName) => ListenOn | undefined
  /** Which address a connection goes to. Default: `random`. */
  readonly balance?: Balance
  /** How long one address may take to answer. Default: 3,000 ms. */
  readonly dialMs?: Millis
  /** How long all addresses that are tried for one connection may take together. Default: 10,000 ms. */
  readonly connectMs?: Millis
  /**
   * How long others come first after an address did not answer, twice as long each time that follows, up to eight
   * times as long. Default: 5,000 ms; 0 for not at all.
   */
  readonly avoidMs?: Millis
  /** A connection on which no byte has moved for so long is cut. Default: an hour; 0 for never. */
  readonly idleMs?: Millis
  /** How long connections to a task that is gone may go on. Default: 30,000 ms, as ECS waits before it kills. */
  readonly drainMs?: Millis
  /** Connections open at once, on all ports; each takes two file descriptors. Default: 10,000. */
  readonly maxConnections?: number
  /** Its sleeps alone are used: nothing happens sooner or later when the machine's clock is set. */
  readonly clock?: Pick<Clock, 'sleep'>
  readonly random?: Random
}

/** Something that a client, or whoever looks after the tasks, will notice. */
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

export interface TcpProxy extends Sink<readonly Address[]> {
  /** Hot, and as frequent as clients are. */
  readonly incidents$: Observable<ProxyIncident>
  /** How each port does that there ever was. */
  ports(): ReadonlyMap<BackendName, PortState>
  /**
   * Stops listening for good, and resolves when the last connection has ended; after `drainMs` the rest is cut.
   * Default: the option `drainMs`, but no more than 20,000 ms, since ECS kills a task 30 s after SIGTERM.
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

const noPort = (backend: BackendName): string =>
  backend.endsWith('/udp')
    ? `UDP is not proxied, only TCP: clients of ${backend} must reach the tasks themselves`
    : `"${backend}" is no TCP port to listen on`

/**
 * A TCP load balancer in this process: each backend is a port that is listened on, and its endpoints are the addresses
 * that connections go to. Backends named by port come from `containerPorts`.
 *
 * - A connection tries each address at most once, none that is gone, and those that did not answer lately last.
 * - Bytes are passed as they come, both ways; an end is passed on as an end, a reset as a reset.
 * - A port without addresses is not listened on: its clients are refused by the kernel, at once and in a way that every
 *   client and health check understands. Accepting them only to close would look like a task that fails.
 * - A port that cannot be listened on is rejected, and tried again whenever the worker reads its targets (`resyncMs`).
 *
 * The target is gone with the process, so nothing is gained by waiting for it: use `ack: 'folded'`.
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
  const held = heldRows<readonly Address[]>()
  const ports = new Map<BackendName, ProxiedPort>()
  const limit = new ConnectionLimit(maxConnections)
  const incidents$ = new Subject<ProxyIncident>()
  const closing = new AbortController()
  let watching = false

  /** Looks so often within the limit, so that a connection is cut at most a quarter of it late. */
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

  /** Why it could not be done. */
  const open = async (backend: BackendName, addresses: readonly Address[]): Promise<string | undefined> => {
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
    change: Change<readonly Address[]>,
    owner: Owner,
  ): Promise<Outcome<readonly Address[]>> => {
    const { key } = change
    const conflict = conflictOf(change, held.rows.get(key))
    if (conflict !== undefined) return conflict
    const reason = await open(key, change._tag === 'Delete' ? [] : change.after)
    return reason === undefined ? swapHeld(held, change, owner) : { _tag: 'Rejected', key, reason }
  }

  return {
    name,
    adopt: true,
    equals: sameAddresses,
    render: renderEach((backend, held = []) =>
      // What cannot be listened on is refused once, and not again with every change of its tasks.
      listen(backend.name) === undefined ? [] : addressesOf(backend, held),
    ),
    prune: () => undefined,
    emptied: () => [],
    hostsOf: (addresses) => [...new Set(addresses.map((address) => address.host))],
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

export type { Balance, ListenOn, PortState, PortTotals }
