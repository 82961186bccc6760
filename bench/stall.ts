import type { AimName } from './aims.js'
import { type Effort, fullEffort } from './effort.js'
import type { Watched } from './event-loop.js'
import { type Finding, measured } from './finding.js'
import { peer } from './peer.js'
import { spread, spreadOf } from './spread.js'
import type { StallRequest } from './stall-process.js'
import { heading, table } from './stopwatch.js'

const ROUNDS = 5

interface Case {
  readonly tasks: number
  readonly aimMs: number
  /** No round begins later than this. */
  readonly budgetMs: number
  readonly aims: { readonly first: AimName; readonly same: AimName; readonly newer: AimName }
}

const cases: readonly Case[] = [
  {
    tasks: 100_000,
    aimMs: 50,
    budgetMs: 180_000,
    aims: { first: 'stallFirst100k', same: 'stallSame100k', newer: 'stallNewer100k' },
  },
  {
    tasks: 1_000_000,
    aimMs: 100,
    budgetMs: 180_000,
    aims: { first: 'stallFirst1m', same: 'stallSame1m', newer: 'stallNewer1m' },
  },
]

const ms = (value: number): string => `${Math.round(value).toLocaleString('en')} ms`

/** Rounds of one size, in a process of their own. */
const stalls = async (one: Case, effort: Effort): Promise<readonly Finding[]> => {
  const tasks = effort.pick(one.tasks, one.tasks / 20)
  const child = peer<StallRequest, Watched>(new URL('stall-process.ts', import.meta.url), { heapMb: 8_192 })
  const first: Watched[] = []
  const same: Watched[] = []
  const newer: Watched[] = []
  const idle: Watched[] = []
  const start = performance.now()
  // A small one warms up.
  await child.ask({ _tag: 'Begin', tasks: 2_000 })
  await child.ask({ _tag: 'Snapshot', newer: false })
  await child.ask({ _tag: 'Snapshot', newer: true })
  for (let round = 0; round < effort.rounds(ROUNDS); round++) {
    if (round > 0 && performance.now() - start > one.budgetMs) break
    await child.ask({ _tag: 'Begin', tasks })
    idle.push(await child.ask({ _tag: 'Idle', ms: 1_000 }))
    first.push(await child.ask({ _tag: 'Snapshot', newer: false }))
    same.push(await child.ask({ _tag: 'Snapshot', newer: false }))
    newer.push(await child.ask({ _tag: 'Snapshot', newer: true }))
  }
  await child.close()

  heading(
    `Snapshots of ${tasks.toLocaleString('en')} tasks, to a sink in memory: the longest stall of the event loop, in ${idle.length} round${idle.length === 1 ? '' : 's'}`,
  )
  const line = (name: string, seen: readonly Watched[], aim?: number): readonly [string, string] => {
    const of = (pick: (taken: Watched) => number): string => spread(seen.map(pick), ms)
    const isMissed = aim !== undefined && spreadOf(seen.map(({ stallMs }) => stallMs)).median > aim
    return [
      name,
      `${of(({ stallMs }) => stallMs)}${aim === undefined ? '' : ` (aim: at most ${aim} ms${isMissed ? ', MISSED' : ''})`}; most processor time of one turn ${of(({ turnCpuMs }) => turnCpuMs)}, of all ${of(({ cpuMs }) => cpuMs)}; taken after ${of(({ tookMs }) => tookMs)}`,
    ]
  }
  table([
    line('idle, nothing subtracted below', idle),
    line('the first, all of it written', first, one.aimMs),
    line('nothing new', same, one.aimMs),
    line('all newer', newer, one.aimMs),
  ])
  const found = (aim: AimName, seen: readonly Watched[]): Finding =>
    measured(
      aim,
      seen.map(({ stallMs }) => stallMs),
    )
  return [found(one.aims.first, first), found(one.aims.same, same), found(one.aims.newer, newer)]
}

/** How long a snapshot keeps the worker from everything else. */
export const benchStall = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  for (const one of cases) findings.push(...(await stalls(one, effort)))
  return findings
}
