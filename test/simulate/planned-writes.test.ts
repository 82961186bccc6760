import { describe, expect, it } from 'vitest'
import { prng } from '../../sim/prng.js'
import { PlannedWrites } from '../../simulate/checks/planned-writes.js'
import { SimulatedProcess } from '../../simulate/engine/simulated-process.js'
import { Timeline } from '../../simulate/engine/timeline.js'
import type { TargetRecord } from '../../simulate/targets/target-record.js'

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value)

const by = new SimulatedProcess('w1', new Timeline(0, prng(1)), {
  seed: 1,
  wrong: { aheadMs: 0, rate: 1 },
  died: () => undefined,
})

const record = (parts: readonly string[]): TargetRecord | undefined =>
  parts.length === 0
    ? undefined
    : { key: 'web', backend: 'web', owner: 'us', servers: new Map(), ofOthers: '', parts }

const unplanned = (): PlannedWrites =>
  new PlannedWrites({ readParts: (_, value) => (isTexts(value) ? value : []) })

/** The check, after a process has planned to replace what it had read of a record. */
const planned = (...read: readonly string[]): PlannedWrites => {
  const check = unplanned()
  const before = { key: 'web', owner: 'us', value: read, etag: undefined }
  check.planned(by.name, {
    changes: [
      read.length === 0
        ? { _tag: 'Create', key: 'web', after: [] }
        : { _tag: 'Update', key: 'web', before, after: [] },
    ],
    skipped: [],
  })
  return check
}

/** The process finds this in the target, and leaves that. */
const write =
  (check: PlannedWrites, found: readonly string[], after: readonly string[]): (() => void) =>
  () =>
    check.wrote({ by, before: record(found), after: record(after) })

describe('the check of what a write takes away', () => {
  it('takes a write that replaces what was read', () => {
    expect(write(planned('a', 'b'), ['a', 'b'], ['a', 'c'])).not.toThrow()
    expect(write(planned(), [], ['a'])).not.toThrow()
  })

  it('takes a write that leaves alone what somebody has written meanwhile', () => {
    expect(write(planned('a', 'b'), ['a', 'changed'], ['changed'])).not.toThrow()
  })

  it.each([
    ['a record', ['a'], ['changed'], ['b']],
    ['a part of it', ['a', 'b'], ['a', 'changed'], ['c']],
    ['a record that was not there', [], ['another'], ['a']],
  ])('refuses a write that takes away %s that somebody has written meanwhile', (_, read, found, after) => {
    expect(write(planned(...read), found, after)).toThrow('nothing written meanwhile is lost')
  })

  it('refuses a write that its process has not planned', () => {
    expect(write(unplanned(), [], ['a'])).toThrow('nothing written meanwhile is lost')
    const check = planned('a')
    check.forget(by.name)
    expect(write(check, ['a'], ['b'])).toThrow('nothing written meanwhile is lost')
  })
})
