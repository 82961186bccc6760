import { type Effort, fullEffort } from '../effort.js'
import { type Finding, measured } from '../finding.js'
import { peer } from '../peer.js'
import { megabytes, spread, spreadOf } from '../spread.js'
import { heading, table } from '../stopwatch.js'
import { fleetSize } from './fleet.js'
import { callsOf, type Servers } from './servers.js'
import type { StartAnswer, StartRequest } from './start-process.js'

const ROUNDS = 5

const AIM_MS = 3_000

/** A worker that starts anew, in a process of its own, from a checkpoint of a large cluster. */
export const benchJournalStart = async (
  servers: Servers,
  effort: Effort = fullEffort,
): Promise<readonly Finding[]> => {
  const tasks = effort.pick(fleetSize, 5_000)
  const { journals } = servers.urls
  const ask = async (_tag: StartRequest['_tag']): Promise<StartAnswer> => {
    const starting = peer<StartRequest, StartAnswer>(new URL('start-process.ts', import.meta.url))
    const answer = await starting.ask({ _tag, journals, tasks })
    await starting.close()
    return answer
  }
  await servers.takeCounts()
  await ask('Store')
  const stored = (await servers.takeCounts()).journals
  const starts: (StartAnswer & { readonly bytes: number; readonly calls: number })[] = []
  for (let round = 0; round < effort.rounds(ROUNDS); round++) {
    const answer = await ask('Start')
    const { journals: read } = await servers.takeCounts()
    starts.push({ ...answer, bytes: read.bytesOut, calls: callsOf(read) })
  }
  heading(`A start from a checkpoint with ${tasks.toLocaleString('en')} tasks`)
  const seconds = (value: number): string => `${(value / 1_000).toFixed(2)} s`
  const ready = starts.map(({ readyMs }) => readyMs)
  const of = (pick: (start: (typeof starts)[number]) => number, format: (value: number) => string): string =>
    spread(starts.map(pick), format)
  table([
    ['everything folded after', of(({ foldedMs }) => foldedMs, seconds)],
    [
      'a sink in memory holds it after',
      `${spread(ready, seconds)} (aim: at most ${seconds(AIM_MS)}${spreadOf(ready).median <= AIM_MS ? '' : ', MISSED'})`,
    ],
    [
      'read',
      `${of(({ bytes }) => bytes, megabytes)} in ${of(({ calls }) => calls, String)} calls; stored ${megabytes(stored.bytesIn)}`,
    ],
    [
      'memory',
      `${of(({ heapBytes }) => heapBytes, megabytes)} of heap afterwards, ${of(({ peakBytes }) => peakBytes, megabytes)} more resident at the peak`,
    ],
  ])
  return [measured('journalStart', ready)]
}
