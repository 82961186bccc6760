import type fc from 'fast-check'
import { expect } from 'vitest'
import type { Outcome, Row, Sink } from '../core/sink.js'
import { type Attempt, attempted, type Backends } from './reconciled-once.js'
import type { SinkCapability, SinkHarness } from './sink-harness.js'
import { tried } from './tried.js'

/** A law for every sink, as a property of random backends. */
export interface SinkLaw {
  readonly sentence: string
  readonly needs: readonly SinkCapability[]
  /** Rejects with the smallest counter-example found. Makes a harness for each run. */
  readonly check: <V>(make: () => Promise<SinkHarness<V>>, runs: number) => Promise<void>
}

export const law = <A>(
  sentence: string,
  needs: readonly SinkCapability[],
  arbitrary: fc.Arbitrary<A>,
  body: <V>(harness: SinkHarness<V>, generated: A) => Promise<void>,
): SinkLaw => ({
  sentence,
  needs,
  check: (make, runs) => tried(make, arbitrary, body, runs),
})

/** One attempt without other writers, in which every change must be done. */
export const reconcile = async <V>(
  sink: Sink<V>,
  backends: Backends,
  attempt: Attempt = {},
): Promise<readonly Outcome<V>[]> => {
  const { plan, outcomes } = await attempted(sink, backends, attempt)
  expect(outcomes.map(({ key, _tag }) => [key, _tag]).sort(), 'outcomes of changes').toEqual(
    plan.changes.map(({ key }) => [key, 'Done']).sort(),
  )
  return outcomes
}

export const expectSameRow = <V>(
  sink: Sink<V>,
  actual: Row<V> | undefined,
  expected: Row<V> | undefined,
): void => {
  expect(actual?.key).toBe(expected?.key)
  expect(actual?.owner).toEqual(expected?.owner)
  expect(actual?.etag).toEqual(expected?.etag)
  if (actual !== undefined && expected !== undefined)
    expect(sink.equals(actual.value, expected.value), `the value of ${actual.key}`).toBe(true)
}
