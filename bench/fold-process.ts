/** A process with a state of so many tasks, which it folds and projects events into: ever new ones, and never back. */
import {
  type ClusterEvent,
  type ClusterState,
  emptyState,
  projector,
  reduce,
  servicePorts,
} from 'ecs-task-stream'
import { answerWith } from './peer.js'
import { cpuMs } from './stopwatch.js'
import { changed, clusterArn, task } from './synthetic.js'

export type FoldRequest =
  | { readonly _tag: 'Prepare'; readonly size: number }
  /** Folds the next so many events, and then others, of which every ten are projected. */
  | { readonly _tag: 'Round'; readonly events: number }

/** Milliseconds of processor time. */
export interface FoldAnswer {
  readonly fold: number
  readonly both: number
}

const TASKS_A_SERVICE = 100

const project = projector({ expose: servicePorts(), covers: [clusterArn] })
let size = 0
let state: ClusterState = emptyState
let told = 0

/**
 * The next events of tasks across the whole state, each with the next version. A fifth of the tasks stop and run again
 * in turn: a fifth of the events change what is desired, for any size.
 */
const next = (events: number): readonly ClusterEvent[] =>
  Array.from({ length: events }, () => {
    const [index, visit] = [(told * 7_919) % size, Math.floor(told / size)]
    told++
    const status = index % 5 === 0 && visit % 2 === 0 ? 'STOPPED' : 'RUNNING'
    return changed(task(index, Math.floor(index / TASKS_A_SERVICE), 2 + visit, status))
  })

const timed = (work: () => void): number => {
  const before = cpuMs()
  work()
  return cpuMs() - before
}

answerWith((request: FoldRequest): FoldAnswer => {
  switch (request._tag) {
    case 'Prepare': {
      ;({ size } = request)
      state = reduce(emptyState, { _tag: 'TasksListed', cluster: clusterArn, at: 0, tasks: [] })
      for (let i = 0; i < size; i++)
        state = reduce(state, changed(task(i, Math.floor(i / TASKS_A_SERVICE), 1)))
      project(state, 0)
      return { fold: 0, both: 0 }
    }
    case 'Round': {
      const [first, second] = [next(request.events), next(request.events)]
      globalThis.gc?.()
      const fold = timed(() => {
        state = first.reduce(reduce, state)
      })
      // What these have changed is not part of the next figure.
      project(state, 0)
      const both = timed(() => {
        for (let at = 0; at < second.length; at += 10) {
          state = second.slice(at, at + 10).reduce(reduce, state)
          project(state, at)
        }
      })
      return { fold, both }
    }
  }
})
