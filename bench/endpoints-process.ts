/** A process with so many tasks in services of so many endpoints, of which one stops or runs again with each event. */
import { type ClusterState, emptyState, projector, reduce, servicePorts } from 'ecs-task-stream'
import { answerWith } from './peer.js'
import { cpuMs } from './stopwatch.js'
import { changed, clusterArn, task } from './synthetic.js'

export type EndpointsRequest =
  | { readonly _tag: 'Prepare'; readonly tasks: number; readonly endpoints: number }
  /** Folds and projects so many events, one after the other. */
  | { readonly _tag: 'Round'; readonly events: number }

export interface EndpointsAnswer {
  /** Milliseconds of processor time. */
  readonly took: number
}

const project = projector({ expose: servicePorts(), covers: [clusterArn] })
let state: ClusterState = reduce(emptyState, { _tag: 'TasksListed', cluster: clusterArn, at: 0, tasks: [] })
let [tasks, endpoints, told] = [0, 1, 0]

const serviceOf = (index: number): number => Math.floor(index / endpoints)

const take = (events: number): void => {
  for (let revision = 1; revision <= events; revision++) {
    // A task stops and runs again before the next one stops.
    const [turn, runs] = [Math.floor(told / 2), told % 2 === 1]
    const index = (turn * 7_919) % tasks
    const version = 2 + told++
    state = reduce(state, changed(task(index, serviceOf(index), version, runs ? 'RUNNING' : 'STOPPED')))
    project(state, revision)
  }
}

answerWith((request: EndpointsRequest): EndpointsAnswer => {
  switch (request._tag) {
    case 'Prepare':
      ;({ tasks, endpoints } = request)
      for (let index = 0; index < tasks; index++)
        state = reduce(state, changed(task(index, serviceOf(index), 1)))
      project(state, 0)
      return { took: 0 }
    case 'Round': {
      globalThis.gc?.()
      const before = cpuMs()
      take(request.events)
      return { took: cpuMs() - before }
    }
  }
})
