import { type Effort, fullEffort } from './effort.js'
import type { EndpointsAnswer, EndpointsRequest } from './endpoints-process.js'
import { type Finding, measured } from './finding.js'
import { peer } from './peer.js'
import { ratios } from './spread.js'
import { against, each, heading, table } from './stopwatch.js'

const TASKS = 10_000
const SIZES = [1, 100, 10_000]
const EVENTS = 4_000
const ROUNDS = 9

/** What an event costs must not grow with the endpoints of its service. */
export const benchEndpoints = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const events = effort.pick(EVENTS, 100)
  // A process each, so that no heap burdens the collection of another's garbage.
  const cases = SIZES.map((endpoints) => ({
    endpoints,
    child: peer<EndpointsRequest, EndpointsAnswer>(new URL('endpoints-process.ts', import.meta.url)),
    cpu: [] as number[],
  }))
  for (const { child, endpoints } of cases) await child.ask({ _tag: 'Prepare', tasks: TASKS, endpoints })
  for (let round = 0; round <= effort.rounds(ROUNDS); round++)
    for (const { child, cpu } of cases) {
      const { took } = await child.ask({ _tag: 'Round', events })
      // The first round warms up.
      if (round > 0) cpu.push(took)
    }
  await Promise.all(cases.map(({ child }) => child.close()))

  heading(
    `The fold and projection of an event that changes a service, ${TASKS.toLocaleString('en')} tasks; processor time`,
  )
  const [, hundred = [], most = []] = cases.map(({ cpu }) => cpu)
  table(
    cases.map(({ endpoints, cpu }, i) => [
      `services of ${endpoints.toLocaleString('en')} endpoint${endpoints === 1 ? '' : 's'}`,
      `${each(cpu, events).padEnd(36)} ${against(cpu, hundred, i === 2 ? 1.5 : undefined)}`,
    ]),
  )
  return [measured('endpoints', ratios(most, hundred))]
}
