/** "Never" is an answer: what is refused for good holds up the service that needs it, and nothing else. */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { ClusterEvent } from '../../src/core/event.js'
import type { Policy } from '../../src/core/policy.js'
import { believed, defaultSkewAllowanceMs, livenessOf } from '../../src/core/liveness.js'
import { project } from '../../src/core/project.js'
import type { Task } from '../../src/core/task.js'
import { serviceOf } from '../../src/core/service-of.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { redelivered, shuffled } from '../../src/testing/distortions.js'
import type { History } from '../../src/testing/history.js'
import { histories } from '../../src/testing/histories.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'
import { holdsInHistories, refutation } from './holds.js'
import { desiredContents, fold, routesOf } from './observed.js'

/** As `servicePorts`, but not even names are known before the definition. */
const namedByDefinition: Policy = {
  expose: (task, definition) =>
    definition === undefined
      ? { _tag: 'NeedsDefinition', backends: 'any' }
      : servicePorts().expose(task, definition),
}

const desiredOf = (events: readonly ClusterEvent[], expose: Policy) =>
  project(fold(events), { expose, covers: modelledClusters })

const refusalOf = (key: string, at = 1): ClusterEvent => ({
  _tag: 'LookupRefused',
  key,
  reason: 'denied',
  at,
})

/** A history of which the definition of one task is refused, in any order. */
interface Refused {
  readonly history: History
  readonly definition: string
  readonly known: readonly ClusterEvent[]
  readonly all: readonly ClusterEvent[]
  /** The live tasks that need it. */
  readonly affected: readonly Task[]
}

const refused: fc.Arbitrary<Refused> = histories()
  .filter(({ closing }) => closing.some((event) => event._tag === 'TasksListed' && event.tasks.length > 0))
  .chain((history) => {
    const definitions = history.closing.flatMap((event) =>
      event._tag === 'TasksListed' ? event.tasks.flatMap(({ definition }) => definition ?? []) : [],
    )
    const all = [...history.events, ...history.lookups, ...history.closing]
    return fc.constantFrom(...definitions).chain((definition) => {
      const without = all.filter(
        (event) => event._tag !== 'DefinitionDescribed' || event.definition.arn !== definition,
      )
      const { tasks, marks } = fold(all)
      const affected = Array.from(tasks, ([, task]) => task).filter((told) => {
        const mark = marks.get(told.cluster)
        const task = believed(told, mark, defaultSkewAllowanceMs)
        return task.definition === definition && livenessOf(task, mark, defaultSkewAllowanceMs) === 'live'
      })
      return redelivered([...without, refusalOf(definition)]).map((known) => ({
        history,
        definition,
        known,
        all,
        affected,
      }))
    })
  })

describe('a task whose definition is refused for good', () => {
  it('blocks only the backend of its own service, where names are known without it', () => {
    holdsInHistories(
      fc.property(refused, ({ history, known, affected }) => {
        const desired = desiredOf(known, servicePorts())
        ok(desired.complete)
        deepStrictEqual(desired.unjudged, new Set())
        const waiting = new Set(
          [...desired.unresolved].map(([arn, { why }]) => {
            strictEqual(why, 'lookup-refused')
            return arn
          }),
        )
        for (const arn of waiting) ok(affected.some((task) => task.arn === arn))
        const held = new Set(affected.filter(({ arn }) => waiting.has(arn)).map(serviceOf))
        const routes = routesOf(desired)
        for (const [name, backend] of desired.backends) {
          strictEqual(backend.complete, !held.has(name), name)
          if (backend.complete) deepStrictEqual(routes.get(name), history.truth.get(name))
        }
        for (const name of history.truth.keys()) ok(desired.backends.has(name))
      }),
    )
  })

  it('blocks only what its own service offers, where names are not known, and its host is not judged', () => {
    holdsInHistories(
      fc.property(refused, ({ history, known, all, affected }) => {
        const desired = desiredOf(known, namedByDefinition)
        ok(desired.complete)
        strictEqual(desired.unresolved.size, affected.length)
        for (const { arn } of affected) strictEqual(desired.unresolved.get(arn)?.why, 'lookup-refused')
        const arns = new Set(affected.map(({ arn }) => arn))
        const hosts = [...desiredOf(all, namedByDefinition).backends].flatMap(([, { endpoints }]) =>
          endpoints.filter(({ task }) => arns.has(task)).map(({ host }) => host),
        )
        for (const host of hosts) ok(desired.unjudged.has(host), host)
        if (affected.length === 0) strictEqual(desired.unjudged.size, 0)
        const held = new Set(affected.map(serviceOf))
        const routes = routesOf(desired)
        for (const [name, backend] of desired.backends) {
          strictEqual(backend.complete, !held.has(name), name)
          if (backend.complete) deepStrictEqual(routes.get(name), history.truth.get(name))
        }
        for (const name of history.truth.keys()) ok(desired.backends.has(name) || held.has(name))
      }),
    )
  })

  it('leaves nothing complete that may have its name while it is only waited for', () => {
    holdsInHistories(
      fc.property(refused, ({ known, affected }) => {
        fc.pre(affected.length > 0)
        const desired = desiredOf(
          known.filter(({ _tag }) => _tag !== 'LookupRefused'),
          namedByDefinition,
        )
        ok(!desired.complete)
        const clusters = new Set(affected.map(({ cluster }) => cluster))
        for (const { complete, endpoints } of desired.backends.values())
          for (const { cluster } of endpoints) ok(!complete || !clusters.has(cluster))
      }),
    )
  })
})

describe('an answer', () => {
  it('beats a refusal, sooner or later, of definitions and of addresses', () => {
    const refusedAndAnswered = histories().chain((history) => {
      const all = [...history.events, ...history.lookups, ...history.closing]
      const refusals = history.lookups.flatMap((event) =>
        event._tag === 'InstanceDescribed'
          ? [refusalOf(event.instance, event.at + 1)]
          : event._tag === 'DefinitionDescribed'
            ? [refusalOf(event.definition.arn)]
            : [],
      )
      return shuffled([...all, ...refusals]).map((arrived) => ({ all, arrived }))
    })
    holdsInHistories(
      fc.property(
        fc.constantFrom(servicePorts(), namedByDefinition),
        refusedAndAnswered,
        (expose, { all, arrived }) => {
          deepStrictEqual(
            desiredContents(desiredOf(arrived, expose)),
            desiredContents(desiredOf(all, expose)),
          )
        },
      ),
    )
  })
})

describe('a worker in which one refusal is a gap in what is known', () => {
  it('waits for ever', () => {
    const stillWaits = fc.property(refused, ({ known, affected }) => {
      fc.pre(affected.length > 0)
      ok(
        desiredOf(
          known.filter(({ _tag }) => _tag !== 'LookupRefused'),
          namedByDefinition,
        ).complete,
      )
    })
    ok(fc.check(stillWaits, refutation).failed)
  })
})
