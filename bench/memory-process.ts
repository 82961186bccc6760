/** A process that holds so many real tasks, and tells what each part of that costs. `node … <placement> <tasks>`. */
import { type ClusterEvent, emptyState, projector, reduce, servicePorts } from 'ecs-task-stream'
import { answerWith } from './peer.js'
import { taskBodies, taskOf, type TaskPlacement } from './task-bodies.js'

export interface MemoryRequest {
  readonly placement: TaskPlacement
  readonly tasks: number
}

/** Bytes of the heap, and of buffers beside it. */
export interface MemoryAnswer {
  /** Each task, as its events have said. */
  readonly state: number
  /** Definitions or machines, shared by many tasks. */
  readonly lookups: number
  /** The snapshot, with what it has added to the tasks. */
  readonly mark: number
  readonly projection: number
}

const TASKS_A_SERVICE = 50
const at = Date.UTC(2026, 0, 2)

const used = (): number => {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

answerWith(({ placement, tasks }: MemoryRequest): MemoryAnswer => {
  const bodies = taskBodies(placement)
  const told = (index: number) => ({ index, service: Math.floor(index / TASKS_A_SERVICE), version: 5, at })
  let state = emptyState
  const fold = (event: ClusterEvent): void => {
    state = reduce(state, event)
  }
  // Each step is a function of its own: what its frame refers to would not be collected.
  const foldEvents = (): void => {
    for (let index = 0; index < tasks; index++)
      fold({ _tag: 'TaskChanged', task: taskOf(bodies.running(told(index))) })
  }
  const foldLookups = (): void => bodies.lookups(Math.ceil(tasks / TASKS_A_SERVICE), tasks).forEach(fold)
  const foldSnapshot = (): void =>
    fold({
      _tag: 'TasksListed',
      cluster: bodies.cluster,
      at: at + 60_000,
      order: 1,
      tasks: Array.from({ length: tasks }, (_, index) => bodies.described(told(index), 1)),
    })
  // Whatever decoding keeps for itself from the first time on does not count as the tasks'.
  taskOf(bodies.running(told(tasks)))
  bodies.described(told(tasks), 1)

  const empty = used()
  foldEvents()
  const folded = used()
  foldLookups()
  const answered = used()
  foldSnapshot()
  const marked = used()
  const project = projector({ expose: servicePorts(), covers: [bodies.cluster] })
  const desired = project(state, 1)
  const projected = used()
  const endpoints = [...desired.backends.values()].reduce((sum, { endpoints: { length } }) => sum + length, 0)
  if (endpoints !== tasks || state.tasks.size !== tasks || !desired.complete)
    throw new Error(`${endpoints} endpoints of ${state.tasks.size} tasks, and not ${tasks}`)
  // The projector, too, is needed until here.
  project(state, 2)
  return {
    state: folded - empty,
    lookups: answered - folded,
    mark: marked - answered,
    projection: projected - marked,
  }
})
