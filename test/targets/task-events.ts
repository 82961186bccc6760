/** What happens to tasks whose containers run on this machine, as a worker hears of it. */
import type { ClusterEvent, Task } from 'ecs-task-stream'
import { vi } from 'vitest'
import { cluster, observed } from '../support/observed-task.js'

/** Real programs take their time. */
export const until = <A>(check: () => A | Promise<A>): Promise<A> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 })

export const running = (id: string, port: number, service = 'web'): Task => ({
  ...observed({ id, port, service, host: '127.0.0.1', at: Date.now() }),
  zone: 'eu-west-1b',
})

export const changed = (task: Task): ClusterEvent => ({ _tag: 'TaskChanged', task })

export const stopping = (task: Task): ClusterEvent =>
  changed({ ...task, version: task.version + 1, at: task.at + 1, desiredStatus: 'STOPPED' })

/** A snapshot with these tasks and no others. */
export const listed = (...tasks: readonly Task[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: Date.now(),
  tasks,
})
