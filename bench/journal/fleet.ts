import { type ClusterEvent, type Task } from 'ecs-task-stream'
import { clusterArn } from '../synthetic.js'
import { randomTask } from './random-task.js'

export const fleetSize = 100_000

const TASKS_A_SERVICE = 100

/** A task of the fleet. A later generation of it is another task. */
const member = (index: number, generation: number): Task =>
  randomTask(generation * fleetSize + index, Math.floor(index / TASKS_A_SERVICE))

/**
 * A snapshot of 100,000 tasks in 1,000 services. In each one that follows, another hundredth of them has been replaced:
 * one task of each service.
 */
export const fleet = (generation: number, size = fleetSize): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster: clusterArn,
  at: 1_800_000_000_000 + generation * 300_000,
  tasks: Array.from({ length: size }, (_, index) =>
    member(index, index % TASKS_A_SERVICE < generation ? 1 : 0),
  ),
})
