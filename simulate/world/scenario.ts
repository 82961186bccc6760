import type { Millis } from '../../src/core/clock.js'
import { prng } from '../../sim/prng.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'

const minute: Millis = 60_000
const hour: Millis = 60 * minute

/** How workers hear and remember. Each is a row of what the README guarantees. */
export const arrangements = [
  /** One worker, one queue. */
  'alone',
  /** Each worker has a queue of its own, and knows only what it hears. */
  'queue-each',
  /** One queue, and a journal that all workers share. */
  'journal',
  /** One worker, one queue, and a journal on the disk of its machine. */
  'directory',
] as const

export type Arrangement = (typeof arrangements)[number]

/** Whether what was acknowledged is in a journal. */
export const hasJournal = (arrangement: Arrangement): boolean =>
  arrangement === 'journal' || arrangement === 'directory'

/** What the seed decides before anything happens. */
export interface Scenario {
  readonly seed: number
  readonly arrangement: Arrangement
  readonly workers: number
  readonly clusters: readonly { readonly name: string; readonly services: readonly ServiceSpec[] }[]
  readonly ack: 'applied' | 'folded'
  /** How often ECS is asked for everything, at most: see `EcsOptions`. */
  readonly snapshotMs: Millis
  readonly longestSnapshotMs: Millis
  readonly resyncMs: Millis
  readonly catchUpMs: Millis
  readonly visibilitySeconds: number
  readonly maxInFlight: number
  readonly maxReceives: number
  /** The mean time from one incident of a cluster to the next. */
  readonly incidentMs: Millis
  /** How rough the usual day is, between 0 and 1; storms are 1 to 5. */
  readonly usualRoughness: number
}

const placements = ['fargate', 'awsvpc', 'bridge', 'bridge', 'external'] as const

const incidentMs = (hours: number, minutes: number | undefined): Millis =>
  minutes === undefined ? hours * hour : minutes * minute

/** What may be fixed, instead of drawn from the seed. */
export interface Fixed {
  readonly clusters?: number | undefined
  readonly snapshotMinutes?: number | undefined
  readonly incidentMinutes?: number | undefined
  readonly arrangement?: Arrangement | undefined
}

export const scenarioOf = (
  seed: number,
  { clusters: clusterCount, snapshotMinutes, incidentMinutes, arrangement: fixedArrangement }: Fixed = {},
): Scenario => {
  const random = prng(seed ^ 0x5ce9a210)
  const drawnArrangement = random.pick<Arrangement>(['alone', 'alone', 'queue-each', 'journal', 'directory'])
  const arrangement = fixedArrangement ?? drawnArrangement
  const count = clusterCount ?? 80 + random.int(41)
  const drawn = random.pick([20, 40])
  const snapshotMs = (snapshotMinutes ?? drawn) * minute
  return {
    seed,
    arrangement,
    workers: arrangement === 'alone' || arrangement === 'directory' ? 1 : 2 + (random.chance(0.2) ? 1 : 0),
    clusters: Array.from({ length: count }, (_, i) => {
      const name = `c${i + 1}`
      return {
        name,
        services: Array.from({ length: random.chance(0.3) ? 2 : 1 }, (_unused, k): ServiceSpec => ({
          name: `${name}-${k === 0 ? 'web' : 'api'}`,
          placement: random.pick(placements),
          desiredCount: 1 + random.int(3),
          sidecar: random.chance(0.2),
          dualStack: random.chance(0.2),
          ...(random.chance(0.15)
            ? { strategy: random.pick(['BLUE_GREEN', 'CANARY', 'LINEAR'] as const) }
            : {}),
        })),
      }
    }),
    ack: random.chance(0.7) ? 'applied' : 'folded',
    snapshotMs,
    longestSnapshotMs: snapshotMs * random.pick([1, 2]),
    resyncMs: random.pick([2, 5, 10]) * minute,
    catchUpMs: random.pick([minute, 5 * minute, 15 * minute]),
    visibilitySeconds: random.pick([30, 60]),
    maxInFlight: random.pick([20, 200, 2_000]),
    maxReceives: random.pick([5, 20, 1_000]),
    incidentMs: incidentMs(random.pick([4, 8]), incidentMinutes),
    usualRoughness: random.pick([0, 0.1, 0.3]),
  }
}
