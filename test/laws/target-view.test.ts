import { type PersistentMap, plan } from 'ecs-task-stream'
import { memory } from 'ecs-task-stream/sinks/memory'
import { expect, it } from 'vitest'
import type { Backend } from '../../src/core/desired.js'
import { atOnce } from '../../src/core/sliced.js'
import { TargetView } from '../../src/core/target-view.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'

const owner = 'us'
const unjudged: ReadonlySet<string> = new Set()
const { signal } = new AbortController()

const backends = (count: number, port: number): PersistentMap<Backend> =>
  backendsOf(
    Array.from({ length: count }, (_, i) =>
      backendOf(`service-${i}`, [{ host: '10.0.0.1', port: port + i }]),
    ),
  )

it('counts our records for the prune guard as a plan from scratch does, however often they were written', async () => {
  const sink = memory()
  const view = new TargetView(sink, owner, [])
  for (let port = 1000; port < 10_000; port += 1000) {
    atOnce(view.update({ backends: backends(20, port), unjudged }))
    for (const outcome of await sink.apply(view.plan({ complete: true }).changes, owner, signal))
      if (outcome._tag === 'Done') view.put(outcome.key, outcome.row)
  }
  // More than half of them are to lose everything.
  const few = backends(8, 9000)
  atOnce(view.update({ backends: few, unjudged }))
  const rows = await sink.read(signal)
  const wanted = sink.render(few, new Map(rows.map(({ key, value }) => [key, value])))
  const next = view.plan({ complete: true })
  expect(next).toEqual(plan(sink, wanted, rows, { owner, complete: true }))
  expect(next.skipped.map(({ why }) => why)).toEqual(Array.from({ length: 12 }, () => 'too-much'))
})
