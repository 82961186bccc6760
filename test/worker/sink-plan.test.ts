import { describe, expect, it } from 'vitest'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { memory } from '../../src/sinks/memory.js'
import { backendOf, backendsOf } from '../../src/testing/index.js'
import { sinkPlan } from '../../src/worker/runner/sink-plan.js'
import { reconciled } from '../support/reconciled.js'

const { signal } = new AbortController()

describe('sinkPlan', () => {
  it('skips what the worker would skip: a record that leads to a task whose names can never be known', async () => {
    const sink = memory()
    await reconciled(sink, backendsOf([backendOf('web', [{ host: '10.0.0.9', port: 80 }])]))
    const planned = async (unjudged: readonly string[]) => {
      const desired = {
        revision: 1,
        backends: backendsOf([]),
        complete: true,
        awaited: [],
        unjudged: new Set(unjudged),
        readings: new Map(),
        unresolved: PersistentMap.empty<never>(),
      }
      const { plan } = await sinkPlan(sink, desired, { owner: 'worker' }, signal)
      return { changes: plan.changes.length, skipped: plan.skipped.map(({ why }) => why) }
    }
    expect(await planned(['10.0.0.9'])).toEqual({ changes: 0, skipped: ['unjudged'] })
    expect(await planned(['10.0.0.8'])).toEqual({ changes: 1, skipped: [] })
  })
})
