import { setTimeout as delay } from 'node:timers/promises'
import { type Effort, fullEffort } from '../effort.js'
import type { Watched } from '../event-loop.js'
import { type Finding, measured } from '../finding.js'
import { peer } from '../peer.js'
import { megabytes, spread, spreadOf } from '../spread.js'
import { heading, table } from '../stopwatch.js'
import { fleetSize } from './fleet.js'
import { callsOf, type Servers } from './servers.js'
import type { SnapshotRequest } from './snapshot-process.js'

const ROUNDS = 5

const AIM_MS = 50

interface Taken extends Watched {
  readonly bytes: number
  readonly calls: number
}

/** Waits until no worker writes to the journal any more: a checkpoint follows what is much. */
const isQuiet = async (servers: Servers): Promise<void> => {
  for (let writes = 1; writes > 0;) {
    await servers.takeCounts()
    await delay(2_000)
    writes = (await servers.takeCounts()).journals.calls['PutItem'] ?? 0
  }
}

/** One snapshot after another of a large cluster, of whose tasks a hundredth has changed. */
export const benchJournalSnapshot = async (
  servers: Servers,
  effort: Effort = fullEffort,
): Promise<readonly Finding[]> => {
  const tasks = effort.pick(fleetSize, 5_000)
  const follower = peer<SnapshotRequest, Watched>(new URL('snapshot-process.ts', import.meta.url))
  const take = async (generation: number): Promise<Taken> => {
    await isQuiet(servers)
    const answer = await follower.ask({ _tag: 'Snapshot', generation, tasks })
    const { journals } = await servers.takeCounts()
    return { ...answer, bytes: journals.bytesIn, calls: callsOf(journals) }
  }
  await follower.ask({ _tag: 'Begin', journals: servers.urls.journals })
  const whole = await take(0)
  const next: Taken[] = []
  for (let generation = 1; generation <= effort.rounds(ROUNDS); generation++)
    next.push(await take(generation))
  const idle = await follower.ask({ _tag: 'Idle', ms: 2_000 })
  await follower.ask({ _tag: 'End' })
  await follower.close()

  heading(
    `A snapshot of ${tasks.toLocaleString('en')} tasks, of which 1 % has changed, to a journal in DynamoDB and a sink in memory`,
  )
  const ms = (value: number): string => `${Math.round(value)} ms`
  const of = (pick: (taken: Taken) => number, format: (value: number) => string): string =>
    spread(next.map(pick), format)
  const stalls = next.map(({ stallMs }) => stallMs)
  const isMet = spreadOf(stalls).median <= AIM_MS
  table([
    ['', '1 % changed: median (least – greatest)   the first snapshot   idle'],
    [
      'longest stall of the event loop',
      `${of(({ stallMs }) => stallMs, ms).padEnd(40)} ${ms(whole.stallMs).padEnd(20)} ${ms(idle.stallMs)}   (aim: at most ${AIM_MS} ms${isMet ? '' : ', MISSED'})`,
    ],
    [
      'most CPU time of one turn',
      `${of(({ turnCpuMs }) => turnCpuMs, ms).padEnd(40)} ${ms(whole.turnCpuMs).padEnd(20)} ${ms(idle.turnCpuMs)}`,
    ],
    ['stored, folded and applied after', `${of(({ tookMs }) => tookMs, ms).padEnd(40)} ${ms(whole.tookMs)}`],
    ['sent to the journal', `${of(({ bytes }) => bytes, megabytes).padEnd(40)} ${megabytes(whole.bytes)}`],
    ['calls of the journal', `${of(({ calls }) => calls, String).padEnd(40)} ${whole.calls}`],
  ])
  return [measured('journalStall', stalls)]
}
