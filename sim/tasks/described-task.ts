import type { DescribeTasksResponse, Task } from '@aws-sdk/client-ecs'
import { taskDescription } from '../../src/testing/ecs-model/task-description.js'
import { taskMoment } from './task-moment.js'
import type { TaskMomentOptions } from './task-options.js'

/**
 * The task as a client of the SDK returns it from DescribeTasks, with times as `Date`.
 * Throws a RangeError if such a task is never in this moment.
 */
export const describedTask = (options: TaskMomentOptions = {}): Task =>
  // The model writes JSON, whose type says nothing of its members. A test compares it with what the SDK reads.
  taskDescription(taskMoment(options), (at) => new Date(at))

/** The whole answer of DescribeTasks for these tasks, for a client that you have replaced. */
export const describedTasks = (tasks: readonly TaskMomentOptions[]): DescribeTasksResponse => ({
  tasks: tasks.map(describedTask),
  failures: [],
})
