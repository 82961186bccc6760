import type { Millis } from '../../src/core/clock.js'
import { prng } from '../../sim/prng.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import type { TargetKind } from '../targets/target-kind.js'
import { type Arranged, arranged, type Arrangement, arrangementOf, targetOf } from './arrangement.js'

const minute: Millis = 60_000
const hour: Millis = 60 * minute

/** What the seed decides before anything happens. */
export interface Scenario {
  readonly seed: number
  readonly arrangement: Arrangement
  readonly source: Arranged['source']
  readonly hasSnapshots: boolean
  readonly hasJournal: boolean
  readonly target: TargetKind
  /** How records are laid out in a zone: see `SrvRecordsOptions`. */
  readonly shape: 'simple' | 'weighted'
  /** As the workers' setting of that name. */
  readonly deployments: 'follow' | 'ignore'
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
  readonly target?: TargetKind | undefined
}

export const scenarioOf = (
  seed: number,
  {
    clusters: clusterCount,
    snapshotMinutes,
    incidentMinutes,
    arrangement: fixedArrangement,
    target: fixedTarget,
  }: Fixed = {},
): Scenario => {
  const random = prng(seed ^ 0x5ce9a210)
  const arrangement = arrangementOf(seed, { arrangement: fixedArrangement, target: fixedTarget })
  const { source, hasSnapshots, hasJournal, workers, isSlow } = arranged[arrangement]
  const shape = seed % 3 === 0 ? 'weighted' : 'simple'
  const many = 80 + random.int(41)
  const count = clusterCount ?? (isSlow ? Math.round(many / 6) : many)
  const drawn = random.pick([20, 40])
  const snapshotMs = (snapshotMinutes ?? drawn) * minute
  return {
    seed,
    arrangement,
    source,
    hasSnapshots,
    hasJournal,
    target: fixedTarget ?? targetOf(seed, arrangement),
    shape,
    deployments: seed % 4 === 3 ? 'ignore' : 'follow',
    workers: workers === 1 ? 1 : 2 + (random.chance(0.2) ? 1 : 0),
    clusters: Array.from({ length: count }, (_, i) => {
      const name = `c${i + 1}`
      // ListTasks answers in pages of a hundred. A name in a zone has at most a hundred weighted sets.
      const isLarge = i === 0 && seed % 5 === 0 && shape === 'simple'
      return {
        name,
        services: Array.from(
          { length: random.chance(0.3) || isLarge ? 2 : 1 },
          (_unused, k): ServiceSpec => ({
            name: `${name}-${k === 0 ? 'web' : 'api'}`,
            placement: random.pick(placements),
            desiredCount: 1 + random.int(3) + (isLarge ? 55 : 0),
            sidecar: random.chance(0.2),
            dualStack: random.chance(0.2),
            ...(random.chance(0.15)
              ? { strategy: random.pick(['BLUE_GREEN', 'CANARY', 'LINEAR'] as const) }
              : {}),
          }),
        ),
      }
    }),
    // What was only folded is lost without snapshots.
    ack: seed % 3 === 1 && hasSnapshots ? 'folded' : 'applied',
    snapshotMs,
    longestSnapshotMs: snapshotMs * random.pick([1, 2]),
    resyncMs: random.pick([2, 5, 10]) * minute,
    catchUpMs: random.pick([minute, 5 * minute, 15 * minute]),
    visibilitySeconds: random.pick([30, 60]),
    maxInFlight: random.pick([20, 200, 2_000]),
    maxReceives: hasSnapshots ? random.pick([5, 20, 1_000]) : Infinity,
    incidentMs: incidentMs(random.pick([4, 8]), incidentMinutes),
    usualRoughness: random.pick([0, 0.1, 0.3]),
  }
}
