import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type FaultKind, faultKinds } from './engine/faults.js'
import { type TargetKind, targets } from './targets/target-kind.js'
import { type Arrangement, arrangements } from './world/arrangement.js'

export interface Options {
  readonly seed: number
  readonly days: number
  /** How many seeds: `seed`, `seed + 1`, … */
  readonly seeds: number
  readonly clusters: number | undefined
  readonly snapshotMinutes: number | undefined
  readonly incidentMinutes: number | undefined
  readonly arrangement: Arrangement | undefined
  readonly target: TargetKind | undefined
  /** How many seeds run at once, each in a process of its own; 1: all in this one. */
  readonly jobs: number
  readonly without: ReadonlySet<FaultKind>
  readonly mostFaults: number
  readonly shrink: boolean
  /** Print the whole trace. */
  readonly log: boolean
  readonly mutants: boolean
  /** Only mutants with this in their names. */
  readonly mutant: string
  /** Run seeds until so many cluster-days have passed, instead of `seeds`. */
  readonly clusterDays: number | undefined
}

/** A wrong engine is run with so many seeds at most: what shows it is rare in some. */
const mutantSeeds = '6'

export const usage = `npm run simulate -- [options]

  --seed <n>          the seed; default: 1. "commit": from the commit's hash, so that each commit tries others
  --days <n>          how many days; default: 1
  --seeds <n>         so many seeds, beginning with --seed; default: 1, and ${mutantSeeds} with --mutants
  --cluster-days <n>  seeds until so many days of clusters have passed
  --clusters <n>      so many clusters; default: the seed decides
  --snapshot-minutes <n>  ECS is asked for everything so often; default: the seed decides
  --incident-minutes <n>  the mean time from one incident of a cluster to the next; default: the seed decides
  --arrangement <a>   ${arrangements.join(', ')}; default: the seed decides
  --target <t>        ${targets.join(', ')}; default: the seed decides
  --jobs <n>          so many seeds at once; default: the number of cores
  --without <kinds>   these kinds of faults never happen: ${faultKinds.join(', ')}
  --faults <n>        only the first so many faults happen
  --log               prints everything that happens
  --shrink            looks for fewer kinds of faults, faults and clusters that still fail
  --mutants           runs wrong versions of the engine, each until a seed finds it
  --mutant <text>     only those with the text in their names
`

const whole = (name: string, text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`--${name}: expected a whole number, got "${text}"`)
  return value
}

const isKind = (text: string): text is FaultKind => faultKinds.some((kind) => kind === text)

const kinds = (text: string): ReadonlySet<FaultKind> =>
  new Set(
    text.split(',').map((one) => {
      if (!isKind(one)) throw new Error(`--without: expected some of ${faultKinds.join(', ')}, got "${one}"`)
      return one
    }),
  )

const oneOf = <A extends string>(
  name: string,
  all: readonly A[],
  text: string | undefined,
): A | undefined => {
  const known = all.find((one) => one === text)
  if (text !== undefined && known === undefined)
    throw new Error(`--${name}: expected one of ${all.join(', ')}, got "${text}"`)
  return known
}

/** A seed that is another for each commit. */
const seedOf = (text: string, commit: string): number =>
  text === 'commit' ? Number.parseInt(commit.slice(0, 7), 16) || 1 : whole('seed', text)

export const parseOptions = (args: readonly string[], commit: string): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: '1' },
      days: { type: 'string', default: '1' },
      seeds: { type: 'string' },
      'cluster-days': { type: 'string' },
      clusters: { type: 'string' },
      'snapshot-minutes': { type: 'string' },
      'incident-minutes': { type: 'string' },
      arrangement: { type: 'string' },
      target: { type: 'string' },
      jobs: { type: 'string' },
      without: { type: 'string' },
      faults: { type: 'string' },
      log: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      mutants: { type: 'boolean', default: false },
      mutant: { type: 'string' },
    },
  })
  const isMutants = values.mutants || values.mutant !== undefined
  const optional = (
    name: 'cluster-days' | 'clusters' | 'faults' | 'incident-minutes' | 'jobs' | 'snapshot-minutes',
  ): number | undefined => {
    const text = values[name]
    return text === undefined ? undefined : whole(name, text)
  }
  return {
    seed: seedOf(values.seed, commit),
    days: whole('days', values.days),
    seeds: whole('seeds', values.seeds ?? (isMutants ? mutantSeeds : '1')),
    clusterDays: optional('cluster-days'),
    clusters: optional('clusters'),
    snapshotMinutes: optional('snapshot-minutes'),
    incidentMinutes: optional('incident-minutes'),
    arrangement: oneOf('arrangement', arrangements, values.arrangement),
    target: oneOf('target', targets, values.target),
    jobs: Math.max(1, optional('jobs') ?? availableParallelism()),
    without: values.without === undefined ? new Set() : kinds(values.without),
    mostFaults: optional('faults') ?? Infinity,
    log: values.log,
    shrink: values.shrink,
    mutants: isMutants,
    mutant: values.mutant ?? '',
  }
}
