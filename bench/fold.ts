import { type Effort, fullEffort } from './effort.js'
import { type Finding, measured } from './finding.js'
import type { FoldAnswer, FoldRequest } from './fold-process.js'
import { peer } from './peer.js'
import { ratios } from './spread.js'
import { against, each, heading, table } from './stopwatch.js'

const SIZES = [1_000, 10_000, 100_000, 1_000_000]
/** For `--quick`. */
const FEW = [1_000, 10_000, 20_000]
const EVENTS = 20_000
const ROUNDS = 7

/** What an event costs must not grow with the number of tasks. */
export const benchFold = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const events = effort.pick(EVENTS, 2_000)
  // A process each, so that no heap burdens the collection of another's garbage.
  const cases = effort.pick(SIZES, FEW).map((size) => ({
    size,
    child: peer<FoldRequest, FoldAnswer>(new URL('fold-process.ts', import.meta.url), { heapMb: 8_192 }),
    fold: [] as number[],
    both: [] as number[],
  }))
  for (const { size, child } of cases) await child.ask({ _tag: 'Prepare', size })
  for (let round = 0; round <= effort.rounds(ROUNDS); round++)
    for (const { child, fold, both } of cases) {
      const answer = await child.ask({ _tag: 'Round', events })
      // The first round warms up.
      if (round === 0) continue
      fold.push(answer.fold)
      both.push(answer.both)
    }
  await Promise.all(cases.map(({ child }) => child.close()))

  const base = cases.find(({ size }) => size === 10_000)
  const largest = cases.at(-1)
  if (base === undefined || largest === undefined) return []
  heading(
    `The fold: ${events.toLocaleString('en')} events on states of different sizes, 100 a service; processor time`,
  )
  table([
    ['tasks', `${'fold, against 10,000'.padEnd(56)} fold and project by tens, against 10,000`],
    ...cases.map(({ size, fold, both }): readonly [string, string] => {
      const aim = size === 1_000_000 ? 2 : undefined
      const folded = `${each(fold, events)}  ${against(fold, base.fold)}`
      return [
        size.toLocaleString('en'),
        `${folded.padEnd(56)} ${each(both, events)}  ${against(both, base.both, aim)}`,
      ]
    }),
  ])
  return [measured('growth', ratios(largest.both, base.both))]
}
