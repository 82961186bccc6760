import type { Addresses } from '../../core/addresses.js'
import type { Binding } from '../../core/binding.js'
import type { Instance } from '../../core/cluster-state.js'
import { taskPorts } from '../../policies/task-ports.js'
import type { TaskIndex } from './task-index.js'
import type { ContainerOfTask, TaskRecord } from './task-record.js'

/** A container with everything known about where it runs. */
export interface LocatedContainer extends ContainerOfTask {
  readonly record: TaskRecord
  readonly image: string | undefined
  readonly instance: Instance | undefined
  /** Ordered by protocol and container port. */
  readonly ports: readonly Binding[]
  /** Whether its task has its own network interface, so that its ports are not on the instance. */
  readonly hasInterface: boolean
}

/** The address of a task's ports: that of its own interface, or of its instance. */
export const addressesOf = ({ task }: TaskRecord, instance: Instance | undefined): Addresses | undefined =>
  task.interface ?? instance?.addresses

/** Finds out where a container of a task runs. */
export const locatedContainer = (
  { resources }: Pick<TaskIndex, 'resources'>,
  record: TaskRecord,
  { container, isFormer }: ContainerOfTask,
): LocatedContainer => {
  const { task } = record
  const definition = resources.definition(task.definition)
  return {
    record,
    container,
    isFormer,
    image: definition?.containers.find(({ name }) => name === container.name)?.image,
    instance: resources.instance(task.instance),
    // For a former container, only its own recorded bindings are known.
    ports: isFormer
      ? container.bindings
      : (taskPorts(task, definition) ?? []).flatMap((port) =>
          port.container === container.name ? [port.binding] : [],
        ),
    hasInterface: task.interface !== undefined || definition?.networkMode === 'awsvpc',
  }
}

/** The current containers of a task, ordered by name. */
export const locatedContainers = (
  index: Pick<TaskIndex, 'resources'>,
  record: TaskRecord,
): readonly LocatedContainer[] =>
  record.task.containers.map((container) => locatedContainer(index, record, { container, isFormer: false }))

/** The statuses of a task: STOPPED if a newer snapshot does not list it, because its recorded statuses are stale. */
export const statusesOf = ({
  task,
  phase,
}: TaskRecord): { readonly lastStatus: string; readonly desiredStatus: string } =>
  phase === 'stopped'
    ? { lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }
    : { lastStatus: task.lastStatus, desiredStatus: task.desiredStatus }
