/**
 * The laws that a worker stands on, as properties of an implementation: of ours they must hold, and of plausible
 * wrong ones they must not.
 */
import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import type { ClusterState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { project } from '../../src/core/project.js'
import type { sweep } from '../../src/core/sweep.js'
import { cut, redelivered, split } from '../../src/testing/distortions.js'
import type { History } from '../../src/testing/history.js'
import { histories, type HistoriesOptions } from '../../src/testing/histories.js'
import { fold, options, routesOf, type Routes } from './observed.js'

/** Says what is routed to after some events. */
export type Router = (events: readonly ClusterEvent[]) => Routes

const distorted = <A>(
  of: (items: readonly ClusterEvent[]) => fc.Arbitrary<A>,
  from?: HistoriesOptions,
): fc.Arbitrary<{ history: History; arrived: A }> =>
  histories(from).chain((history) => of(history.events).map((arrived) => ({ history, arrived })))

export const anyOrderAgrees = (route: Router, from?: HistoriesOptions) =>
  fc.property(distorted(redelivered, from), ({ history, arrived }) => {
    deepStrictEqual(route(arrived), route(history.events))
  })

export const nextSnapshotRepairs = (route: Router, from?: HistoriesOptions) =>
  fc.property(
    distorted((events) => cut(events).chain(redelivered), from),
    ({ history, arrived }) => {
      deepStrictEqual(route([...arrived, ...history.lookups, ...history.closing]), history.truth)
    },
  )

/**
 * What somebody forged of tasks that there are: any status, address, port, group or version, with a time that is not
 * later than the history's end less the skew allowance, since decoding bounds it.
 */
const forgedEvents = ({ events, end, skewAllowanceMs }: History): fc.Arbitrary<readonly ClusterEvent[]> => {
  const known = events.flatMap((event) => (event._tag === 'TaskChanged' ? [event.task] : []))
  if (known.length === 0) return fc.constant([])
  const forged = fc
    .record({
      task: fc.constantFrom(...known),
      version: fc.constantFrom(1, 5, 1_000_000),
      status: fc.constantFrom('RUNNING', 'STOPPED', 'PENDING'),
      group: fc.constantFrom(undefined, 'service:web', 'service:zzz'),
      host: fc.constantFrom('10.66.6.6', '10.0.0.1'),
      age: fc.nat({ max: 8 }),
    })
    .map(({ task, version, status, group, host, age }): ClusterEvent => ({
      _tag: 'TaskChanged',
      task: {
        ...task,
        version,
        // A snapshot's time has lost up to a second.
        at: end - skewAllowanceMs - 1_001 - age * skewAllowanceMs,
        lastStatus: status,
        desiredStatus: status === 'STOPPED' ? 'STOPPED' : 'RUNNING',
        group: group ?? task.group,
        interface: { version, ipv4: host, ipv6: undefined },
        containers: task.containers.map((container) => ({
          ...container,
          version,
          bindingsVersion: version,
          bindings: container.bindings.map((binding) => ({ ...binding, hostPort: 6_666 })),
        })),
      },
    }))
  return fc.array(forged, { minLength: 1, maxLength: 3 })
}

/** However high a version somebody forges, and whatever the event says, the next snapshot is believed. */
export const nextSnapshotRefutes = (route: Router) =>
  fc.property(
    histories().chain((history) =>
      forgedEvents(history).chain((forged) =>
        redelivered([...history.events, ...forged]).map((arrived) => ({ history, arrived })),
      ),
    ),
    ({ history, arrived }) => {
      deepStrictEqual(route([...arrived, ...history.lookups, ...history.closing]), history.truth)
    },
  )

/** Says what is routed to after each event of a history that all arrive in order. */
export type Observer = () => (event: ClusterEvent) => Routes

const pairsOf = (routes: Routes): ReadonlySet<string> =>
  new Set([...routes].flatMap(([service, addresses]) => addresses.map((address) => `${service} ${address}`)))

/**
 * What is routed to and still live stays, after every single event, however wrong the clock is of the worker that takes
 * snapshots.
 */
export const liveStays = (observer: Observer, from?: HistoriesOptions) =>
  fc.property(histories(from), ({ events, moments }) => {
    const observe = observer()
    let before: ReadonlySet<string> = new Set()
    events.forEach((event, i) => {
      const after = pairsOf(observe(event))
      const live = new Set(moments[i])
      for (const pair of before)
        ok(after.has(pair) || !live.has(pair), `${pair} was removed by ${event._tag}`)
      before = after
    })
  })

/**
 * Whatever has arrived before it is swept, and whatever comes afterwards, late or again. In which order does not
 * matter: `anyOrderAgrees`. Lookups are asked again for what was forgotten.
 */
export const sweepIsUnobservable = (swept: typeof sweep) =>
  fc.property(
    distorted((events) => split(events, 2)),
    fc.boolean(),
    ({ history: { events, lookups, skewAllowanceMs, end }, arrived: [first = [], late = []] }, settled) => {
      const route = (state: ClusterState): Routes => routesOf(project(state, options))
      const agree = (known: readonly ClusterEvent[], later: readonly ClusterEvent[]): void => {
        const before = fold(known)
        const after = swept(before, { skewAllowanceMs, now: end, settled })
        deepStrictEqual(route(after), route(before))
        deepStrictEqual(
          route(fold([...later, ...lookups], after)),
          route(fold([...later, ...lookups], before)),
        )
      }
      agree(first, late)
      agree(first, events)
      // Sweeping follows snapshots: every change that may come late for one of them, and would resurrect, does.
      const isRunning = (event: ClusterEvent): boolean =>
        event._tag === 'TaskChanged' &&
        event.task.lastStatus === 'RUNNING' &&
        event.task.desiredStatus === 'RUNNING'
      events.forEach(({ _tag }, moment) => {
        const sofar = events.slice(0, moment + 1)
        if (_tag === 'TasksListed')
          for (const one of sofar.filter(isRunning))
            agree(
              sofar.filter((event) => event !== one),
              [one],
            )
      })
    },
  )
