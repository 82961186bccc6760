import { sameCluster } from '../../core/arn.js'
import { type IdentifiedContainer, identified } from '../index/container-ids.js'
import type { Place } from './cursor.js'
import { instanceJson, serviceJson } from '../index/group-json.js'
import type { Group } from '../index/groups.js'
import { locatedContainer } from '../index/located-container.js'
import { pageOf } from './page.js'
import { FilteredTasks, type TaskFilter } from '../index/task-filter.js'
import type { TaskIndex } from '../index/task-index.js'
import { type ContainerOfTask, containersOf, type TaskRecord } from '../index/task-record.js'
import { containerJson, taskJson } from '../index/task-json.js'

export interface ListOptions {
  /** 1 to 1,000. */
  readonly limit: number
  readonly cursor?: string | undefined
  /** The beginning of the id, or of a service's name. */
  readonly prefix?: string | undefined
}

function* whileBeginning<A>(items: Iterable<A>, prefix: string, idOf: (item: A) => string): Generator<A> {
  for (const item of items) {
    if (!idOf(item).startsWith(prefix)) return
    yield item
  }
}

const isBefore = (id: string, arn: string, [afterId, afterArn]: Place): boolean =>
  id < afterId || (id === afterId && arn < afterArn)

/** Tasks ordered by id, after a position. */
const tasksFrom =
  (tasks: FilteredTasks, prefix: string) =>
  (place: Place | undefined): Iterable<TaskRecord> =>
    whileBeginning(
      tasks.from(({ id, arn }) => id < prefix || (place !== undefined && isBefore(id, arn, place))),
      prefix,
      ({ id }) => id,
    )

/** Tasks ordered by id. `undefined` if the cursor belongs to another list. */
export const listTasks = (index: TaskIndex, filter: TaskFilter, options: ListOptions) => {
  const tasks = new FilteredTasks(index, filter)
  return pageOf({
    listed: 'tasks',
    cursor: options.cursor,
    limit: options.limit,
    from: tasksFrom(tasks, options.prefix ?? ''),
    placeOf: ({ id, arn }): Place => [id, arn, ''],
    accepts: (record) => tasks.accepts(record),
    view: (record) => taskJson(index, record),
  })
}

/** A container of a task, without its location. */
interface Listed extends ContainerOfTask {
  readonly record: TaskRecord
}

/** The order of containers within a task. Former containers have the same name and other ids. */
const orderOf = ({ container: { name, runtimeId = '' } }: ContainerOfTask): string => `${name} ${runtimeId}`

function* inOrder(records: Iterable<TaskRecord>): Generator<Listed> {
  for (const record of records)
    for (const { container, isFormer } of containersOf(record).toSorted((a, b) =>
      orderOf(a) < orderOf(b) ? -1 : 1,
    ))
      yield { record, container, isFormer }
}

function* withContainers(identifiers: Iterable<IdentifiedContainer>): Generator<Listed> {
  for (const each of identifiers) {
    const container = identified(each)
    if (container !== undefined) yield { record: each.record, ...container }
  }
}

/** Containers, including former ones, ordered by the id of their task; with a prefix, by their own id. */
export const listContainers = (
  index: TaskIndex,
  filter: TaskFilter,
  { prefix, limit, cursor }: ListOptions,
) => {
  const tasks = new FilteredTasks(index, filter)
  const options = {
    limit,
    cursor,
    accepts: ({ record }: Listed) => tasks.accepts(record),
    view: (listed: Listed) => containerJson(index, locatedContainer(index, listed.record, listed)),
  }
  return prefix === undefined
    ? pageOf({
        ...options,
        listed: 'containers',
        from: (place) => inOrder(tasksFrom(tasks, '')(place)),
        placeOf: (listed): Place => [listed.record.id, listed.record.arn, orderOf(listed)],
      })
    : pageOf({
        ...options,
        listed: 'container-ids',
        from: (place) =>
          withContainers(
            index.containers.beginning(
              prefix,
              ({ runtimeId }) => place !== undefined && runtimeId < place[0],
            ),
          ),
        placeOf: ({ record, container }): Place => [container.runtimeId ?? '', record.arn, container.name],
      })
}

const groupsFrom =
  (groups: TaskIndex['services'], prefix: string) =>
  (place: Place | undefined): Iterable<Group> =>
    whileBeginning(
      groups.from(({ label, key }) => label < prefix || (place !== undefined && isBefore(label, key, place))),
      prefix,
      ({ label }) => label,
    )

const groupPlace = ({ label, key }: Group): Place => [label, key, '']

/** Services that have tasks, ordered by name. */
export const listServices = (
  index: TaskIndex,
  { cluster }: Pick<TaskFilter, 'cluster'>,
  { prefix = '', limit, cursor }: ListOptions,
) =>
  pageOf({
    listed: 'services',
    cursor,
    limit,
    from: groupsFrom(index.services, prefix),
    placeOf: groupPlace,
    accepts: ({ key, label }) =>
      cluster === undefined || sameCluster(cluster, key.slice(0, -label.length - 1)),
    view: serviceJson,
  })

/** Container instances that have tasks, ordered by id. The prefix may also be that of the machine's id. */
export const listInstances = (
  index: TaskIndex,
  { cluster }: Pick<TaskFilter, 'cluster'>,
  { prefix = '', limit, cursor }: ListOptions,
) =>
  pageOf({
    listed: 'instances',
    cursor,
    limit,
    from: groupsFrom(index.instances, ''),
    placeOf: groupPlace,
    accepts: ({ key, label, tasks }) =>
      (cluster === undefined || sameCluster(cluster, tasks.first?.cluster ?? '')) &&
      (label.startsWith(prefix) || index.resources.instance(key)?.machine?.id.startsWith(prefix) === true),
    view: (group) => instanceJson(index, group),
  })
