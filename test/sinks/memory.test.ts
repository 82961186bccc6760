import { formatAddress } from '../../src/core/desired.js'
import { describe, expect, it } from 'vitest'
import { type Addresses, memory, memoryTarget } from '../../src/sinks/memory.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { contractRuns } from '../laws/runs.js'

const harness = (adopt: boolean): SinkHarness<Addresses> => {
  const sink = memory({ adopt })
  const { target } = sink
  return {
    sink,
    snapshot: () => Promise.resolve(new Map(target.rows)),
    writes: () => target.writes,
    addresses: (value) => value,
    tamper: (key) => {
      const held = target.rows.get(key)!
      target.rows.set(key, { ...held, value: [...held.value, '192.0.2.1:1'], etag: 'tampered' })
      return Promise.resolve()
    },
    plant: ({ name, endpoints }, owner) => {
      target.rows.set(name, {
        key: name,
        value: endpoints.map(formatAddress),
        owner,
        etag: 'planted',
      })
      return Promise.resolve()
    },
    another: () => memory({ adopt, target }),
    dispose: () => Promise.resolve(),
  }
}

const lacks = ['extras', 'partial-failure'] as const
sinkContract('memory', () => Promise.resolve(harness(true)), { lacks, runs: contractRuns(200) })
sinkContract('memory that does not adopt', () => Promise.resolve(harness(false)), {
  lacks,
  runs: contractRuns(200),
})

describe('memory', () => {
  it('lets sinks that share a target see each other', async () => {
    const target = memoryTarget()
    const [one, other] = [memory({ target }), memory({ target })]
    const [[key, after]] = [
      ...one.render(backendsOf([backendOf('web', [{ host: '10.0.0.1', port: 80 }])]), new Map()),
    ] as [[string, Addresses]]
    const { signal } = new AbortController()
    await one.apply([{ _tag: 'Create', key, after }], 'one', signal)
    expect(await other.apply([{ _tag: 'Create', key, after }], 'other', signal)).toMatchObject([
      { _tag: 'Conflict', found: { owner: 'one' } },
    ])
  })
})
