import {
  type ClusterEvent,
  type ClusterState,
  emptyState,
  projector,
  reduce,
  servicePorts,
} from 'ecs-task-stream'
import { each, heading, race, ratio, table } from './stopwatch.js'
import { changed, clusterArn, task } from './synthetic.js'

const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const
const TASKS_A_SERVICE = 100
const EVENTS = 20_000
/** Few, because a million tasks take long. */
const ROUNDS = 4

const stateOf = (size: number): ClusterState => {
  let state = reduce(emptyState, { _tag: 'TasksListed', cluster: clusterArn, at: 0, tasks: [] })
  for (let i = 0; i < size; i++) state = reduce(state, changed(task(i, Math.floor(i / TASKS_A_SERVICE), 1)))
  return state
}

/** Events of tasks across the whole state, each with the next version; every fifth stops its task. */
const eventsOn = (size: number): readonly ClusterEvent[] =>
  Array.from({ length: EVENTS }, (_, i) => {
    const index = (i * 7919) % size
    const service = Math.floor(index / TASKS_A_SERVICE)
    return changed(task(index, service, 2 + Math.floor(i / size), i % 5 === 0 ? 'STOPPED' : 'RUNNING'))
  })

/** What an event costs must not grow with the number of tasks. */
export const benchFold = async (): Promise<void> => {
  const cases = SIZES.map((size) => {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    const state = stateOf(size)
    globalThis.gc?.()
    const bytes = (process.memoryUsage().heapUsed - before) / size
    return { size, state, bytes, events: eventsOn(size) }
  })
  const fold = await race(
    cases.map(({ size, state, events }) => ({
      name: size.toLocaleString('en'),
      run: () => void events.reduce(reduce, state),
    })),
    ROUNDS,
  )
  const projected = await race(
    cases.map(({ size, state, events }) => {
      // A projector follows one fold: from the full state to the events and back costs the events twice.
      const project = projector({ expose: servicePorts(), covers: [clusterArn] })
      project(state, 0)
      return {
        name: size.toLocaleString('en'),
        run: () => {
          let now = state
          for (let at = 0; at < events.length; at += 10) {
            now = events.slice(at, at + 10).reduce(reduce, now)
            project(now, at)
          }
          project(state, 0)
        },
      }
    }),
    ROUNDS,
  )
  heading(
    `The fold: ${EVENTS.toLocaleString('en')} events on states of different sizes, ${TASKS_A_SERVICE} a service`,
  )
  const at10k = { fold: fold[1]!.ms, projected: projected[1]!.ms }
  table([
    ['tasks', 'fold, against 10,000          fold and project by tens, against 10,000        memory'],
    ...cases.map(({ size, bytes }, i): readonly [string, string] => {
      const aim = size === 1_000_000 ? 2 : undefined
      const folded = `${each(fold[i]!.ms, EVENTS)}  ${ratio(fold[i]!.ms / at10k.fold, aim)}`
      const both = `${each(projected[i]!.ms, EVENTS)}  ${ratio(projected[i]!.ms / at10k.projected, aim)}`
      return [
        size.toLocaleString('en'),
        `${folded.padEnd(34)} ${both.padEnd(38)} ${Math.round(bytes)} bytes a task`,
      ]
    }),
  ])
}
