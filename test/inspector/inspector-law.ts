/** What the tables must show, as properties of an implementation: of ours they hold, of wrong ones they do not. */
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { explain } from '../../src/core/explain/explain.js'
import { atOnce } from '../../src/core/sliced.js'
import type { InspectedWorld } from '../../src/inspector/inspected-world.js'
import type { RowPage, RowQuery } from '../../src/inspector/inspector.js'
import type { Overview } from '../../src/inspector/overview.js'
import { tableRows } from '../../src/inspector/table-rows.js'
import { type TableName, tableNames, type Tables } from '../../src/inspector/tables.js'
import { inspectedWorlds } from './inspected-worlds.js'

/** Reads a window of a table. */
export type Reader = <K extends TableName>(table: K, world: InspectedWorld, query: RowQuery) => RowPage<K>

export const ourReader: Reader = (table, world, query) => atOnce(tableRows(table, world, query))

/** All rows of a table, in windows of `count`. */
export const allRows = <K extends TableName>(
  reads: Reader,
  table: K,
  world: InspectedWorld,
  { count, filter }: { readonly count: number; readonly filter?: string },
): readonly Tables[K][] => {
  const rows: Tables[K][] = []
  for (let from = 0; ; from += count) {
    const page = reads(table, world, { from, count, filter })
    rows.push(...page.rows)
    if (from + count >= page.total) return rows
  }
}

const filters = fc.constantFrom(undefined, '', 'api', 'WEB', 'stop', 'a', 'no such name')

/** Windows of any size, one after the other, are the whole table. */
export const windowsAreTheWhole = (reads: Reader) =>
  fc.property(inspectedWorlds, fc.integer({ min: 1, max: 7 }), filters, (world, count, filter) => {
    for (const table of tableNames) {
      const whole = reads(table, world, { from: 0, count: 10_000, filter })
      deepStrictEqual(whole.rows.length, whole.total, table)
      deepStrictEqual(
        allRows(reads, table, world, { count, ...(filter !== undefined && { filter }) }),
        whole.rows,
        table,
      )
    }
  })

/** Every task is a row, once, and is routed exactly if `explain` finds no break. */
export const tasksAreAsExplained = (reads: Reader) =>
  fc.property(inspectedWorlds, (world) => {
    const rows = allRows(reads, 'tasks', world, { count: 200 })
    deepStrictEqual(rows.map(({ task }) => task).sort(), [...world.state.tasks.keys()].sort())
    for (const { task, routed, because } of rows) {
      const found = explain(world, task).subjects.find((subject) => subject._tag === 'Task')
      deepStrictEqual(
        { task, routed, because },
        {
          task,
          routed: found?.firstBreak === undefined,
          because: found?.firstBreak,
        },
      )
    }
  })

/** The overview counts what the tables have, whatever the filter of nobody. */
export const countsAreTotals = (reads: Reader, overviews: (world: InspectedWorld) => Overview) =>
  fc.property(inspectedWorlds, (world) => {
    const { counts } = overviews(world)
    for (const table of tableNames)
      deepStrictEqual(
        { table, count: counts[table] },
        { table, count: reads(table, world, { from: 0, count: 1 }).total },
      )
  })

/** A backend is held as far as its endpoints are, and an endpoint is held exactly if its chain says so. */
export const heldAsExplained = (reads: Reader) =>
  fc.property(inspectedWorlds, (world) => {
    const endpoints = allRows(reads, 'endpoints', world, { count: 200 })
    for (const { backend, targets, endpoints: wanted } of allRows(reads, 'backends', world, { count: 200 })) {
      const own = endpoints.filter((endpoint) => endpoint.backend === backend)
      deepStrictEqual(own.length, wanted, backend)
      for (const { target, held } of targets)
        deepStrictEqual(
          held,
          own.filter((endpoint) => endpoint.targets.find((one) => one.target === target)?.held === true)
            .length,
          backend,
        )
    }
    for (const { backend, task, container, containerPort, protocol, targets } of endpoints) {
      const [subject] = explain(world, task).subjects.filter((each) => each._tag === 'Task')
      const port = subject?.ports.find(
        (each) =>
          each.backend === backend &&
          each.container === container &&
          each.containerPort === containerPort &&
          each.protocol === protocol,
      )
      // A chain that ends before the target says nothing about it.
      if (port?.links.every(({ state }) => state === 'ok') !== true) continue
      for (const { target, held } of targets)
        deepStrictEqual(
          held,
          port.targets.find((one) => one.target === target)?.links.every(({ state }) => state === 'ok'),
          task,
        )
    }
  })
