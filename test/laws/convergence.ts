/**
 * The laws that a worker stands on, as properties of an implementation: of ours they must hold, and of plausible
 * wrong ones they must not.
 */
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import type { ClusterState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { project } from '../../src/core/project.js'
import type { sweep } from '../../src/core/sweep.js'
import { cut, redelivered, split } from '../../src/testing/distortions.js'
import type { History } from '../../src/testing/history.js'
import { histories } from '../../src/testing/histories.js'
import { fold, options, routesOf, type Routes } from './observed.js'

/** Says what is routed to after some events. */
export type Router = (events: readonly ClusterEvent[]) => Routes

const distorted = <A>(
  of: (items: readonly ClusterEvent[]) => fc.Arbitrary<A>,
): fc.Arbitrary<{ history: History; arrived: A }> =>
  histories().chain((history) => of(history.events).map((arrived) => ({ history, arrived })))

export const anyOrderAgrees = (route: Router) =>
  fc.property(distorted(redelivered), ({ history, arrived }) => {
    deepStrictEqual(route(arrived), route(history.events))
  })

export const nextSnapshotRepairs = (route: Router) =>
  fc.property(
    distorted((events) => cut(events).chain(redelivered)),
    ({ history, arrived }) => {
      deepStrictEqual(route([...arrived, ...history.lookups, ...history.closing]), history.truth)
    },
  )

/**
 * Whatever has arrived before it is swept, and whatever comes afterwards, late or again. In which order does not
 * matter: `anyOrderAgrees`. Lookups are asked again for what was forgotten.
 */
export const sweepIsUnobservable = (swept: typeof sweep) =>
  fc.property(
    distorted((events) => split(events, 2)),
    fc.boolean(),
    ({ history: { events, lookups, grace, end }, arrived: [first = [], late = []] }, settled) => {
      const route = (state: ClusterState): Routes => routesOf(project(state, options))
      const agree = (known: readonly ClusterEvent[], later: readonly ClusterEvent[]): void => {
        const before = fold(known)
        const after = swept(before, { grace, now: end, settled })
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
