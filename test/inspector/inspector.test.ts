import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overviewOf } from '../../src/inspector/overview-of.js'
import { holdsInHistories, refutation } from '../laws/holds.js'
import {
  countsAreTotals,
  heldAsExplained,
  ourReader,
  type Reader,
  tasksAreAsExplained,
  windowsAreTheWhole,
} from './inspector-law.js'

describe('the tables of the inspector', () => {
  it('are whole: windows of any size, one after the other, have every row once', () => {
    holdsInHistories(windowsAreTheWhole(ourReader))
  })

  it('call a task routed exactly if explain finds no break', () => {
    holdsInHistories(tasksAreAsExplained(ourReader))
  })

  it('have as many rows as the overview counts', () => {
    holdsInHistories(countsAreTotals(ourReader, overviewOf))
  })

  it('call an endpoint held exactly if its chain says so, and a backend as far as its endpoints are', () => {
    holdsInHistories(heldAsExplained(ourReader))
  })
})

describe('wrong tables are caught', () => {
  it('that begin each window one row too late', () => {
    const wrong: Reader = (table, world, query) =>
      ourReader(table, world, { ...query, from: query.from === 0 ? 0 : query.from + 1 })
    expect(fc.check(windowsAreTheWhole(wrong), refutation).failed).toBe(true)
  })

  it('that call a task routed although its target lacks it', () => {
    const wrong: Reader = (table, world, query) => ourReader(table, { ...world, targets: [] }, query)
    expect(fc.check(tasksAreAsExplained(wrong), refutation).failed).toBe(true)
  })

  it('that count what is not there', () => {
    const wrong: Reader = (table, world, query) => ourReader(table, world, { ...query, filter: 'web' })
    expect(fc.check(countsAreTotals(wrong, overviewOf), refutation).failed).toBe(true)
  })

  it('that look at the plan before it is made', () => {
    const wrong: Reader = (table, world, query) => {
      const targets = world.targets.map((target) =>
        target._tag === 'Unread' ? target : { ...target, keysOf: () => [] },
      )
      return ourReader(table, table === 'backends' ? { ...world, targets } : world, query)
    }
    expect(fc.check(heldAsExplained(wrong), refutation).failed).toBe(true)
  })
})
