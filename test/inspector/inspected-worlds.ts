import fc from 'fast-check'
import type { InspectedWorld } from '../../src/inspector/inspected-world.js'
import { nothingObserved, type Observed } from '../../src/inspector/observed.js'
import { explainedWorlds } from '../laws/explain-law.js'

const observed: fc.Arbitrary<Observed> = fc
  .record({
    conflicts: fc.uniqueArray(fc.constantFrom('api', 'web', 'other'), { maxLength: 3 }),
    ended: fc.nat(30),
  })
  .map(({ conflicts, ended }) => ({
    ...nothingObserved,
    sources: ['sqs', 'snapshots'].map((source) => ({
      source,
      covers: [],
      deliveries: 1,
      lastDeliveryAt: 1,
      callsLastMinute: 3,
      lagMs: 0,
      undecodable: 0,
      lastUndecodable: [],
      failing: [],
    })),
    conflicts: conflicts.map((key) => ({ target: 'memory', key, writer: 'theirs', perMinute: 1, lastAt: 1 })),
    neverIn: Array.from({ length: ended }, (_, i) => ({
      task: `arn:aws:ecs:eu-west-1:123456789012:task/staging/${i}`,
      cluster: 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging',
      group: `service:${i % 2 === 0 ? 'web' : 'api'}`,
      definition: undefined,
      createdAt: 1,
      endedAt: 2,
      ran: false,
      containers: ['app'],
      end: undefined,
      todo: undefined,
    })),
  }))

/** Worlds at any moment of any history, with something observed. */
export const inspectedWorlds: fc.Arbitrary<InspectedWorld> = fc
  .tuple(explainedWorlds, observed)
  .map(([world, seen]) => ({ ...world, observed: seen }))
