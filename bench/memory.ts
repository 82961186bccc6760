import type { AimName } from './aims.js'
import { type Effort, fullEffort } from './effort.js'
import { type Finding, measured } from './finding.js'
import type { MemoryAnswer, MemoryRequest } from './memory-process.js'
import { peer } from './peer.js'
import { spread, spreadOf } from './spread.js'
import { heading, table } from './stopwatch.js'

const TASKS = 100_000
const MANY = 1_000_000
const ROUNDS = 5
const AIM = 900

interface Case extends MemoryRequest {
  readonly name: string
  readonly aim: AimName
}

const cases = (tasks: number): readonly Case[] => [
  { name: 'Fargate', aim: 'memoryFargate', placement: 'fargate', tasks },
  { name: 'bridge on EC2', aim: 'memoryBridge', placement: 'bridge', tasks },
]

/** Bytes of one task. */
const weigh = async ({ placement, tasks }: MemoryRequest): Promise<MemoryAnswer> => {
  const child = peer<MemoryRequest, MemoryAnswer>(new URL('memory-process.ts', import.meta.url), {
    heapMb: 8_192,
  })
  const { state, lookups, mark, projection } = await child.ask({ placement, tasks })
  await child.close()
  return {
    state: state / tasks,
    lookups: lookups / tasks,
    mark: mark / tasks,
    projection: projection / tasks,
  }
}

const allIn = ({ state, lookups, mark, projection }: MemoryAnswer): number =>
  state + lookups + mark + projection

const bytes = (value: number): string => `${Math.round(value)} B`

const line = (name: string, answers: readonly MemoryAnswer[]): readonly [string, string] => {
  const of = (pick: (answer: MemoryAnswer) => number): string => spread(answers.map(pick), bytes)
  const total = answers.map(allIn)
  const missed = spreadOf(total).median <= AIM ? '' : ', MISSED'
  return [
    name,
    `${of(allIn)} (aim: at most ${AIM} B${missed}) = state ${of(({ state }) => state)}, answers of lookups ${of(({ lookups }) => lookups)}, snapshot ${of(({ mark }) => mark)}, projection ${of(({ projection }) => projection)}`,
  ]
}

/** What a task costs once all is known about it: state, snapshot and projection. */
export const benchMemory = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const tasks = effort.pick(TASKS, 5_000)
  const findings: Finding[] = []
  const rows: (readonly [string, string])[] = []
  for (const one of cases(tasks)) {
    const answers: MemoryAnswer[] = []
    for (let round = 0; round < effort.rounds(ROUNDS); round++) answers.push(await weigh(one))
    rows.push(line(`${tasks.toLocaleString('en')} tasks, ${one.name}`, answers))
    findings.push(measured(one.aim, answers.map(allIn)))
  }
  if (!effort.isQuick)
    for (const one of cases(MANY).slice(0, 1))
      rows.push(line(`${MANY.toLocaleString('en')} tasks, ${one.name}, once`, [await weigh(one)]))
  heading('Memory of a task with two containers, of which messages told: heap after a collection')
  table(rows)
  return findings
}
