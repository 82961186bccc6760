import type { TargetKind } from '../targets/target-kind.js'

export interface Arranged {
  readonly source: 'queue' | 'queue-each' | 'webhook'
  readonly hasSnapshots: boolean
  /** Whether what was acknowledged is in a journal. */
  readonly hasJournal: boolean
  readonly workers: 1 | 'several'
  /** Whether a day takes several times as long, so that there are few clusters. */
  readonly isSlow: boolean
  /** What its workers may keep in sync. */
  readonly targets: readonly TargetKind[]
}

const all = [
  'traefik-table',
  'srv-records',
  'traefik-http',
  'traefik-file',
] as const satisfies readonly TargetKind[]

/** Several workers write no file together: each would have one on its own machine. */
const shared = all.filter((target) => target !== 'traefik-file')

/** How workers hear and remember. Each is a row of what the README guarantees. */
export const arranged = {
  /** One worker, one queue. */
  alone: {
    source: 'queue',
    hasSnapshots: true,
    hasJournal: false,
    workers: 1,
    isSlow: false,
    targets: all,
  },
  /** One worker, to which EventBridge posts. */
  webhook: {
    source: 'webhook',
    hasSnapshots: true,
    hasJournal: false,
    workers: 1,
    isSlow: false,
    targets: all,
  },
  /** One queue, and a journal that all workers share. */
  journal: {
    source: 'queue',
    hasSnapshots: true,
    hasJournal: true,
    workers: 'several',
    isSlow: false,
    targets: shared,
  },
  /** Each worker has a queue of its own, and knows only what it hears. */
  'queue-each': {
    source: 'queue-each',
    hasSnapshots: true,
    hasJournal: false,
    workers: 'several',
    isSlow: false,
    targets: shared,
  },
  /** One queue and a shared journal, and ECS is not asked for snapshots: no worker would ever serve a document. */
  'no-snapshots': {
    source: 'queue',
    hasSnapshots: false,
    hasJournal: true,
    workers: 'several',
    isSlow: true,
    targets: ['traefik-table', 'srv-records'],
  },
  /** One worker, one queue, and a journal on the disk of its machine. */
  directory: {
    source: 'queue',
    hasSnapshots: true,
    hasJournal: true,
    workers: 1,
    isSlow: true,
    targets: ['traefik-table', 'srv-records', 'traefik-file', 'traefik-http'],
  },
} as const satisfies Readonly<Record<string, Arranged>>

export type Arrangement = keyof typeof arranged

export const arrangements: readonly Arrangement[] = [
  'alone',
  'webhook',
  'journal',
  'queue-each',
  'no-snapshots',
  'directory',
]

/** By the seed: any eight in a row have all. One worker is faster than several. */
const order = [
  'alone',
  'webhook',
  'journal',
  'alone',
  'queue-each',
  'directory',
  'no-snapshots',
  'webhook',
] as const satisfies readonly Arrangement[]

const canHave = (arrangement: Arrangement, target: TargetKind | undefined): boolean =>
  target === undefined || arranged[arrangement].targets.some((one) => one === target)

/** The arrangement of a seed, unless it is fixed. Throws if the fixed one cannot have the fixed target. */
export const arrangementOf = (
  seed: number,
  fixed: { readonly arrangement?: Arrangement | undefined; readonly target?: TargetKind | undefined },
): Arrangement => {
  const { arrangement, target } = fixed
  if (arrangement !== undefined && !canHave(arrangement, target))
    throw new Error(`--target: workers of the arrangement ${arrangement} cannot have ${target}`)
  const possible = order.filter((one) => canHave(one, target))
  return arrangement ?? possible[seed % possible.length] ?? 'alone'
}

/** The target of a seed, if it is not fixed. */
export const targetOf = (seed: number, arrangement: Arrangement): TargetKind => {
  const { targets }: Arranged = arranged[arrangement]
  // One further with each seed, and with each round of all arrangements.
  const turn = (seed % order.length) + Math.floor(seed / order.length)
  return targets[turn % targets.length] ?? 'traefik-table'
}
