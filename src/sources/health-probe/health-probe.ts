import { Observable } from 'rxjs'
import { errorOf } from '../../core/error-of.js'
import type { EndpointId } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import type { Endpoint } from '../../core/desired.js'
import { PersistentMap } from '../../core/persistent-map.js'
import type { Delivery, Notice, Source } from '../../core/source.js'
import { withinTime } from '../../core/within-time.js'
import type { Probe } from './dial.js'
import { type HealthProbeOptions, healthProbeSettings } from './settings.js'
import { Slots } from '../../shared/async/slots.js'
import { judged, type Standing } from './standing.js'

export type { Dial, HttpProbe, Probe, TcpProbe } from './dial.js'
export type { HealthProbeOptions, ProbeGuard } from './settings.js'

const noop = (): void => undefined

/**
 * Probes every exposed endpoint, healthy or not, over HTTP or TCP from where it runs. Emits `HealthObserved` when the
 * probes disagree with the state. An endpoint counts as healthy until its probes have failed. `run`'s option
 * `unhealthy` decides what happens to unhealthy endpoints. The source never stops a task.
 *
 * Its deliveries need no acknowledgement: a lost one is repeated after the next probe. A `SourceFailed` notice says why
 * an endpoint became unhealthy.
 */
export const healthProbe = (options: HealthProbeOptions): Source => {
  const settings = healthProbeSettings(options)
  const { name, guard, intervalMs, timeoutMs, jitter } = settings

  return {
    name,
    covers: [],
    deliveries: (context) =>
      new Observable<Delivery | Notice>((subscriber) => {
        const { clock = context.clock, random = context.random } = settings
        let offered = PersistentMap.empty<Endpoint>()
        const slots = new Slots(settings.concurrency)
        /** Ends the probing of an endpoint. */
        const probed = new Map<EndpointId, AbortController>()
        const underWay = new Set<Promise<void>>()
        /** Endpoints whose last probe failed. */
        const failing = new Set<EndpointId>()
        let latest: ClusterState = emptyState
        let warned = false

        /** Undefined when it passed. */
        const ask = (endpoint: Endpoint, probe: Probe, signal: AbortSignal): Promise<Error | undefined> =>
          withinTime(timeoutMs, clock, signal, (inner) => settings.dial(probe, endpoint, inner)).then(
            () => undefined,
            errorOf,
          )

        const isCutOff = (): boolean =>
          guard !== 'off' && failing.size >= guard.atLeast && failing.size > guard.share * probed.size

        const warn = (): void => {
          if (warned) return
          warned = true
          const message =
            `${failing.size} of ${probed.size} probed endpoints fail at once. The cause may be this machine's network or ` +
            `a wrong probe, so no more endpoints become unhealthy. If they are really down, set guard of healthProbe`
          subscriber.next({ _tag: 'Warning', message })
        }

        /** While the fault appears to be on this side, failures do not count, not even afterwards. */
        const standingAfter = (id: EndpointId, before: Standing, passed: boolean): Standing => {
          if (passed) failing.delete(id)
          else failing.add(id)
          const after = judged(before, passed, settings)
          if (!isCutOff()) warned = false
          else if (before.healthy && !after.healthy) {
            warn()
            return { healthy: true, against: 0 }
          }
          return after
        }

        /** Emits the health only if the state disagrees: once, unless the delivery is lost. */
        const tell = (
          id: EndpointId,
          healthy: boolean,
          failure: Error | undefined,
          retryIn: Millis,
        ): void => {
          const known = latest.health.get(id)
          if (healthy === (known?.healthy ?? true)) return
          // Later than the observation it replaces, even if the clock was set back.
          const at = Math.max(clock.now(), (known?.at ?? 0) + 1)
          const events = [{ _tag: 'HealthObserved', endpoint: id, healthy, at }] as const
          subscriber.next({ _tag: 'Delivery', events, ack: noop, nack: noop })
          if (failure !== undefined)
            subscriber.next({ _tag: 'SourceFailed', operation: `probe of ${id}`, error: failure, retryIn })
        }

        const keepProbing = async (endpoint: Endpoint, probe: Probe, signal: AbortSignal): Promise<void> => {
          const { id } = endpoint
          let standing: Standing = { healthy: latest.health.get(id)?.healthy ?? true, against: 0 }
          // Spreads the probes of endpoints that appeared together.
          await clock.sleep(random() * intervalMs, signal)
          while (await slots.take(signal)) {
            const failure = await ask(endpoint, probe, signal)
            slots.release()
            // The endpoint left or moved during the probe, so the result is obsolete.
            if (signal.aborted) return
            standing = standingAfter(id, standing, failure === undefined)
            const pause = intervalMs * (1 + jitter * (2 * random() - 1))
            tell(id, standing.healthy, failure, pause)
            await clock.sleep(pause, signal)
          }
        }

        const leave = (id: EndpointId): void => {
          probed.get(id)?.abort()
          probed.delete(id)
          failing.delete(id)
        }

        const enter = (endpoint: Endpoint): void => {
          const { id } = endpoint
          try {
            const probe = settings.probe(endpoint)
            if (probe === undefined) return
            const stop = new AbortController()
            probed.set(id, stop)
            const probing = keepProbing(endpoint, probe, stop.signal)
            underWay.add(probing)
            void probing.then(() => underWay.delete(probing))
          } catch (thrown) {
            const error = errorOf(thrown)
            subscriber.next({ _tag: 'SourceFailed', operation: `probe of ${id}`, error, retryIn: undefined })
          }
        }

        const leaveAll = (): void => {
          for (const id of [...probed.keys()]) leave(id)
        }

        const watching = context.state$.subscribe({
          next: (state) => (latest = state),
          complete: () => {
            leaveAll()
            void Promise.all(underWay).then(() => subscriber.complete())
          },
        })
        watching.add(
          context.endpoints$.subscribe((endpoints) => {
            endpoints.diff(offered, (id, _, endpoint) => {
              leave(id)
              if (endpoint !== undefined) enter(endpoint)
            })
            offered = endpoints
          }),
        )
        return () => {
          watching.unsubscribe()
          leaveAll()
        }
      }),
  }
}
