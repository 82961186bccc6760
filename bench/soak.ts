import { type Effort, fullEffort } from './effort.js'
import { type Finding, measured } from './finding.js'
import { peer } from './peer.js'
import { slopeOf } from './slope.js'
import type { SoakAnswer, SoakRequest } from './soak-process.js'
import { megabytes } from './spread.js'
import { heading, ratio, table } from './stopwatch.js'

/** The events that replace a task: five of a start, five of a stop. */
const eventsATask = 10

// All tasks are replaced five times. The first time warms up: code is compiled, and a `Map` whose keys are replaced
// doubles its table once, because removed keys stay in it until it is full.
const full: SoakRequest = { tasks: 20_000, events: 1_000_000, perSecond: 200, eventsASnapshot: 20_000 }
const few: SoakRequest = { tasks: 500, events: 25_000, perSecond: 200, eventsASnapshot: 1_000 }

/** Whether memory or cost grow with what has happened, in a fleet that stays as large as it is. */
export const benchSoak = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const request = effort.pick(full, few)
  const child = peer<SoakRequest, SoakAnswer>(new URL('soak-process.ts', import.meta.url), { heapMb: 8_192 })
  const { heap, tenths, snapshots, swept, held } = await child.ask(request)
  await child.close()
  const settled = heap.filter(({ x }) => x > request.tasks * eventsATask)
  const { slope, error } = slopeOf(settled)
  const [perThousand, its] = [slope * 1_000, error * 1_000]
  const [first = NaN, last = NaN] = [tenths[0], tenths.at(-1)]
  const number = (value: number): string => Math.round(value).toLocaleString('en')
  heading(
    `A soak: ${number(request.events)} events over ${number(request.tasks)} tasks, at ${request.perSecond} a second of simulated time`,
  )
  table([
    [
      'growth of the heap',
      `${number(perThousand)} ± ${number(its)} bytes per 1,000 events (least squares of ${settled.length} heaps after a collection, the standard error)`,
    ],
    [
      'heap',
      `${megabytes(settled[0]?.y ?? NaN)} when all tasks were replaced once, ${megabytes(heap.at(-1)?.y ?? NaN)} at the end`,
    ],
    [
      'processor time an event, its part of the snapshots included',
      `${first.toFixed(1)} µs in the first tenth, ${last.toFixed(1)} µs in the last one: ${ratio([last / first])}`,
    ],
    [
      'snapshots and sweeps',
      `${snapshots} snapshots; ${number(swept)} tasks forgotten, ${number(held)} held`,
    ],
  ])
  // What is surely more than nothing.
  return [measured('soak', [perThousand - 2 * its])]
}
