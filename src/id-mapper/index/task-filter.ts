import { type InstanceArn, lastSegment, sameCluster } from '../../core/arn.js'
import { serviceOf } from '../../core/service-of.js'
import type { Group } from './groups.js'
import { mergedFrom, type OrderedSet } from './ordered-set.js'
import type { TaskIndex } from './task-index.js'
import { compareRecords, familyOf, type Phase, type TaskRecord } from './task-record.js'

/** Selects the tasks that match all of its fields. */
export interface TaskFilter {
  /** By name or ARN. */
  readonly cluster?: string | undefined
  readonly service?: string | undefined
  /** The name of the task definition. */
  readonly family?: string | undefined
  /** The id or ARN of the container instance, or the id of its machine. */
  readonly instance?: string | undefined
  readonly phase?: Phase | undefined
}

const instancesCalled = (index: TaskIndex, called: string): ReadonlySet<InstanceArn> =>
  new Set([
    ...Array.from(index.instances.labelled(lastSegment(called)), ({ key }) => key).filter(
      (arn) => !called.startsWith('arn:') || arn === called,
    ),
    ...index.resources.instancesOn(called),
  ])

/** The tasks that match a filter, read from the narrowest groups that it names. */
export class FilteredTasks {
  readonly #instances: ReadonlySet<InstanceArn> | undefined
  readonly #sets: readonly OrderedSet<TaskRecord>[]

  constructor(
    index: TaskIndex,
    private readonly filter: TaskFilter,
  ) {
    const { cluster, service, family, instance } = filter
    this.#instances = instance === undefined ? undefined : instancesCalled(index, instance)
    const groups: readonly (Group | undefined)[] | undefined =
      this.#instances !== undefined
        ? [...this.#instances].map((arn) => index.instances.get(arn))
        : service !== undefined
          ? [...index.services.labelled(service)].filter(
              ({ key, label }) =>
                cluster === undefined || sameCluster(cluster, key.slice(0, -label.length - 1)),
            )
          : family !== undefined
            ? [index.families.get(family)]
            : cluster !== undefined
              ? [...index.clusters.labelled(lastSegment(cluster))]
              : undefined
    this.#sets = groups?.flatMap((group) => group?.tasks ?? []) ?? [index.tasks]
  }

  accepts({ task, phase }: TaskRecord): boolean {
    const { cluster, service, family } = this.filter
    return (
      (cluster === undefined || sameCluster(cluster, task.cluster)) &&
      (service === undefined || serviceOf(task) === service) &&
      (family === undefined || familyOf(task).family === family) &&
      (this.#instances === undefined ||
        (task.instance !== undefined && this.#instances.has(task.instance))) &&
      (this.filter.phase === undefined || this.filter.phase === phase)
    )
  }

  /** The candidates: all tasks of the groups, in the order of `compareRecords`. Check each with `accepts`. */
  from(isBefore: (record: TaskRecord) => boolean): Iterable<TaskRecord> {
    return mergedFrom(this.#sets, compareRecords, isBefore)
  }
}
