import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { ClusterState } from '../../src/core/cluster-state.js'
import { sharedHealth } from '../../src/core/shared-health.js'
import type { Task } from '../../src/core/task.js'
import { cluster, observed } from '../support/observed-task.js'
import { holds, refutation } from './holds.js'
import { fold } from './observed.js'

const other = cluster.replace('staging', 'production')

const taskIn = (inCluster: string): fc.Arbitrary<Task> =>
  fc
    .record({ n: fc.nat(40), version: fc.constantFrom(2, 3) })
    .map(({ n, version }) => observed({ id: `t${n}`, version, cluster: inCluster }))

/** What is known of two clusters, of which either may be the larger one by far, and a snapshot of the first. */
const snapshots = fc.record({
  known: fc.array(fc.oneof(taskIn(cluster), taskIn(other)), { maxLength: 60, size: 'max' }),
  listed: fc.array(taskIn(cluster), { maxLength: 40, size: 'max' }),
})

type Snapshot = typeof snapshots extends fc.Arbitrary<infer A> ? A : never

const told = ({ known, listed }: Snapshot): ClusterState =>
  fold([
    ...known.map((task) => ({ _tag: 'TaskChanged' as const, task })),
    { _tag: 'TasksListed', cluster, at: 100_000, tasks: listed },
  ])

type Marked = (state: ClusterState) => ReadonlyMap<string, Task>

const marked: Marked = ({ marks }) => new Map(marks.get(cluster)?.tasks)

/** A mark names the listed tasks and no others, each as the snapshot describes it. */
const namesWhatIsListed = (of: Marked): fc.IProperty<[Snapshot]> =>
  fc.property(snapshots, (snapshot) => {
    const model = new Map<string, number>()
    for (const { arn, version } of snapshot.listed) model.set(arn, Math.max(version, model.get(arn) ?? 0))
    const found = Array.from(of(told(snapshot)), ([arn, { version }]) => [arn, version] as const)
    deepStrictEqual(new Map(found), model)
  })

describe('the mark of a snapshot', () => {
  it('names the listed tasks and no others, whatever else is known', () => {
    holds(namesWhatIsListed(marked))
  })

  it('would not if it named all that is known', () => {
    ok(
      fc.check(
        namesWhatIsListed(({ tasks }) => new Map(tasks)),
        refutation,
      ).failed,
    )
  })

  it('is the map of the known tasks if it lists just these', () => {
    const tasks = Array.from({ length: 1_000 }, (_, i) => observed({ id: `t${i}` }))
    const state = told({ known: tasks, listed: tasks.map((task) => ({ ...task })) })
    strictEqual(state.marks.get(cluster)?.tasks, state.tasks)
  })

  it('shares the record of health with all tasks that have the same', () => {
    strictEqual(sharedHealth(2, 'HEALTHY'), sharedHealth(2, 'HEALTHY'))
    deepStrictEqual(sharedHealth(2, 'UNHEALTHY'), { at: 2, status: 'UNHEALTHY' })
    deepStrictEqual(sharedHealth(3, 'HEALTHY'), { at: 3, status: 'HEALTHY' })
  })
})
