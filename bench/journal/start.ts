import { heading, table } from '../stopwatch.js'
import { fleetSize } from './fleet.js'
import { peer } from './peer.js'
import { callsOf, type Servers } from './servers.js'
import { megabytes, spread } from './spread.js'
import type { StartAnswer, StartRequest } from './start-process.js'

const ROUNDS = 3

const AIM_MS = 3_000

/** A worker that starts anew, in a process of its own, from a checkpoint of a large cluster. */
export const benchJournalStart = async (servers: Servers): Promise<void> => {
  const { journals } = servers.urls
  const ask = async (_tag: StartRequest['_tag']): Promise<StartAnswer> => {
    const starting = peer<StartRequest, StartAnswer>('start-process.ts')
    const answer = await starting.ask({ _tag, journals })
    await starting.close()
    return answer
  }
  await servers.takeCounts()
  await ask('Store')
  const stored = (await servers.takeCounts()).journals
  const starts: (StartAnswer & { readonly bytes: number; readonly calls: number })[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const answer = await ask('Start')
    const { journals: read } = await servers.takeCounts()
    starts.push({ ...answer, bytes: read.bytesOut, calls: callsOf(read) })
  }
  heading(`A start from a checkpoint with ${fleetSize.toLocaleString('en')} tasks`)
  const seconds = (value: number): string => `${(value / 1_000).toFixed(2)} s`
  const worst = Math.max(...starts.map(({ readyMs }) => readyMs))
  const of = (pick: (start: (typeof starts)[number]) => number, format: (value: number) => string): string =>
    spread(starts.map(pick), format)
  table([
    ['everything folded after', of(({ foldedMs }) => foldedMs, seconds)],
    [
      'a sink in memory holds it after',
      `${of(({ readyMs }) => readyMs, seconds)} (aim: at most ${seconds(AIM_MS)}${worst <= AIM_MS ? '' : ', MISSED'})`,
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
}
