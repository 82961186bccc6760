import type { Clock, Millis } from '../../core/clock.js'
import { OptionError } from '../../core/option-error.js'
import type { Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'
import { compareAndSwap } from '../kit/compare-and-swap.js'
import { byBackend, heldServers, ownersOf, rowOf } from './held-servers.js'
import { Removals } from './removals.js'
import { type HaproxyServers, haproxyRendering } from './rendering.js'
import { runtimeAddress } from './runtime-address.js'
import { runtimeApi } from './runtime-api.js'
import { serverOptions } from './server-options.js'
import { parseServersState } from './servers-state.js'
import { haproxyWrite } from './write.js'

export { followReloads, type FollowReloadsOptions } from './follow-reloads.js'
export type { HaproxyServer, HaproxyServers } from './rendering.js'

export interface HaproxyRuntimeOptions {
  /**
   * HAProxy's stats socket, which must have `level admin`: an absolute path such as `/run/haproxy/admin.sock`, or a host
   * and a port such as `127.0.0.1:9999`.
   */
  readonly address: string
  /**
   * Keywords for each server, as in a `server` line, such as `check inter 2s maxconn 100`. HAProxy uses no
   * `default-server` for servers that are added while it runs. Servers that exist keep what they have. Default: none.
   */
  readonly serverOptions?: string | undefined
  /**
   * How the names of our servers begin, before `:`. Workers that share a backend of HAProxy but not an owner need
   * different ones. Default: `ecs`.
   */
  readonly prefix?: string
  /**
   * How long a connection to a task that stops may last. Then it is ended, and the server deleted. 0 to 86,400,000 ms.
   * Default: 300,000 ms.
   */
  readonly drainMs?: Millis
  /** How long HAProxy may take to answer a command, 1 to 60,000 ms. Default: 5,000 ms. */
  readonly timeoutMs?: Millis
  /** The most bytes of an answer; a server takes about 150. Default: 16 MiB. */
  readonly maxAnswerBytes?: number
  /** Unique among a worker's sinks. Default: `haproxy-runtime`. */
  readonly name?: string
  readonly clock?: Clock
}

/** HAProxy allows ten connections to a stats socket by default. */
const commandsAtOnce = 4

const warningsOf = (backends: ReturnType<typeof byBackend>): readonly string[] =>
  [...backends].flatMap(([backend, its]) => {
    const [owner, ...others] = ownersOf(its)
    return others.length === 0
      ? []
      : [
          `the backend "${backend}" of HAProxy has servers of ${owner ?? ''} and of ${others.join(', ')}: give each worker a prefix of its own, and delete the servers of the others`,
        ]
  })

/**
 * Tasks as servers in the backends of one HAProxy (2.6 or newer), by its runtime API. The backends must be in
 * haproxy.cfg, with the names of ours, and with `balance leastconn`, `roundrobin` or `random`. A missing one is rejected
 * with what to add, and holds up no other.
 *
 * The name of each server tells its owner: `ecs:<owner>:<address>:<port>`. Other servers in the same backend are never
 * touched. A backend without tasks has one server in maintenance, `ecs:<owner>:none`, which keeps it ours.
 *
 * A task that stops is put into maintenance: it gets no new requests, and ends those that it has. HAProxy does not delete
 * a server with connections, so that each `read` tries it again.
 *
 * A reload of HAProxy loses all servers that were added. They are added again at the next read: see `followReloads`.
 *
 * HAProxy has no conditional writes. A backend is read immediately before and after it is written, and each command may
 * be repeated. Of two workers that write at the same instant, both may succeed; the next read finds it, and both come to
 * what is desired.
 *
 * Throws an OptionError for an invalid option.
 */
export const haproxyRuntime = ({
  address,
  serverOptions: keywords = '',
  prefix = 'ecs',
  drainMs = 300_000,
  timeoutMs = 5_000,
  maxAnswerBytes = 16 * 1024 * 1024,
  name = 'haproxy-runtime',
  clock = systemClock,
}: HaproxyRuntimeOptions): Sink<HaproxyServers> => {
  const place = runtimeAddress('haproxyRuntime: address', address)
  const options = serverOptions('haproxyRuntime: serverOptions', keywords)
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(prefix))
    throw new OptionError(
      `haproxyRuntime: prefix: expected 1 to 64 letters, digits and "_.-", got ${JSON.stringify(prefix)}`,
    )
  wholeNumber('haproxyRuntime: drainMs', drainMs, 0, 86_400_000)
  wholeNumber('haproxyRuntime: timeoutMs', timeoutMs, 1, 60_000)
  wholeNumber('haproxyRuntime: maxAnswerBytes', maxAnswerBytes, 1024, 1024 ** 3)
  const api = runtimeApi({ address: place, timeoutMs, mostBytes: maxAnswerBytes, clock })
  const removals = new Removals(api, drainMs)
  let warnings: readonly string[] = []

  return {
    name,
    adopt: false,
    ...haproxyRendering(),
    prune: () => undefined,
    read: async (signal) => {
      const states = parseServersState(await api('show servers state', signal)) ?? []
      const servers = await removals.finish(heldServers(prefix, states), signal)
      const backends = byBackend(servers)
      warnings = warningsOf(backends)
      return [...backends].flatMap(([key, its]) => rowOf(key, its, removals.includes) ?? [])
    },
    warnings: () => warnings,
    apply: compareAndSwap(haproxyWrite({ api, removals, prefix, options }), { concurrency: commandsAtOnce }),
  }
}
