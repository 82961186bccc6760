/** What can be found in an index, in a form that `deepStrictEqual` compares. */
import { findContainers, findTask } from '../../src/id-mapper/index/find.js'
import {
  listContainers,
  listInstances,
  type ListOptions,
  listServices,
  listTasks,
} from '../../src/id-mapper/routes/listing.js'
import type { Page } from '../../src/id-mapper/routes/page.js'
import { TaskIndex, type TaskIndexOptions } from '../../src/id-mapper/index/task-index.js'
import type { ClusterState } from '../../src/core/cluster-state.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'

/** So long that nothing is over. */
export const forever = Number.MAX_SAFE_INTEGER

export const indexOf = (
  states: readonly ClusterState[],
  { now = 0, ...options }: Partial<TaskIndexOptions> & { readonly now?: number } = {},
): TaskIndex => {
  const index = new TaskIndex({
    clusters: modelledClusters,
    keepMs: forever,
    keepTasks: forever,
    ...options,
  })
  for (const state of states) index.follow(state, now)
  return index
}

/** All pages, one after the other. */
export const everyPage = <V>(
  list: (options: ListOptions) => Page<V> | undefined,
  limit: number,
): readonly V[] => {
  const items: V[] = []
  let cursor: string | undefined
  do {
    const page = list({ limit, cursor })
    if (page === undefined) throw new Error('a cursor that is none')
    items.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined)
  return items
}

/** Everything that can be asked, but for former containers. */
export const contentsOf = (index: TaskIndex): unknown => {
  const tasks = everyPage((options) => listTasks(index, {}, options), 1000)
  return {
    tasks,
    containers: everyPage((options) => listContainers(index, {}, options), 1000),
    services: everyPage((options) => listServices(index, {}, options), 1000),
    instances: everyPage((options) => listInstances(index, {}, options), 1000),
    byTask: tasks.map(({ arn, id, containers }) => [
      arn,
      findTask(index, id)._tag,
      containers.map((container) =>
        container.id === null ? undefined : findContainers(index, container.id)._tag,
      ),
    ]),
    stopped: index.stopped,
    isWhole: index.isWhole,
  }
}
