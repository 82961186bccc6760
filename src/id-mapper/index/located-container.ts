import type { Addresses } from '../../core/addresses.js'
import type { Binding } from '../../core/binding.js'
import type { Instance } from '../../core/cluster-state.js'
import { taskPorts } from '../../policies/task-ports.js'
import type { TaskIndex } from './task-index.js'
import type { ContainerOfTask, TaskRecord } from './task-record.js'

/** A container with all that is known of where it runs. */
export interface LocatedContainer extends ContainerOfTask {
  readonly record: TaskRecord
  readonly image: string | undefined
  readonly instance: Instance | undefined
  /** In the order of protocols and container ports. */
  readonly ports: readonly Binding[]
  /** Whether its task has a network interface of its own, so that its ports are not its instance's. */
  readonly hasInterface: boolean
}

/** Where a task's ports are reached: at its own interface, or at its instance. */
export const addressesOf = ({ task }: TaskRecord, instance: Instance | undefined): Addresses | undefined =>
  task.interface ?? instance?.addresses

/** A container of a task, and where it runs. */
export const locatedContainer = (
  { surroundings }: Pick<TaskIndex, 'surroundings'>,
  record: TaskRecord,
  { container, isFormer }: ContainerOfTask,
): LocatedContainer => {
  const { task } = record
  const definition = surroundings.definition(task.definition)
  return {
    record,
    container,
    isFormer,
    image: definition?.containers.find(({ name }) => name === container.name)?.image,
    instance: surroundings.instance(task.instance),
    // Of one that is no more, only what it was told to have had is known.
    ports: isFormer
      ? container.bindings
      : (taskPorts(task, definition) ?? []).flatMap((port) =>
          port.container === container.name ? [port.binding] : [],
        ),
    hasInterface: task.interface !== undefined || definition?.networkMode === 'awsvpc',
  }
}

/** The containers that a task has now, by name. */
export const locatedContainers = (
  index: Pick<TaskIndex, 'surroundings'>,
  record: TaskRecord,
): readonly LocatedContainer[] =>
  record.task.containers.map((container) => locatedContainer(index, record, { container, isFormer: false }))

/**
 * The statuses of a task, as ECS has them or would: of one that no snapshot names, the last that it told is stale.
 */
export const statusesOf = ({
  task,
  phase,
}: TaskRecord): { readonly lastStatus: string; readonly desiredStatus: string } =>
  phase === 'stopped'
    ? { lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }
    : { lastStatus: task.lastStatus, desiredStatus: task.desiredStatus }
