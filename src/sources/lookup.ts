import { setMaxListeners } from 'node:events'
import { Observable } from 'rxjs'
import type { Clock, Random } from '../core/clock.js'
import { type ClusterState, emptyState } from '../core/cluster-state.js'
import type { PersistentMap } from '../core/persistent-map.js'
import type { Delivery, Notice, Source } from '../core/source.js'
import type { Task } from '../core/task.js'
import { type Answer, LookupQueue } from './lookup-queue.js'

/** What to ask for, and how. */
export interface Question {
  /** The key of what a task needs to be known, such as its instance's ARN; `undefined` when it needs nothing. */
  needOf(task: Task): string | undefined
  /** What is known, by key. */
  known(state: ClusterState): PersistentMap<object>
  /** Keys of one group are asked for together, and no group waits for another. */
  groupOf(key: string): string
  /** The most keys of a group that are asked for at once. */
  readonly batch: number
  /** The most questions of a group under way. */
  readonly concurrency: number
  ask(keys: readonly string[], signal: AbortSignal): Promise<Answer>
}

export interface LookupEnvironment {
  readonly clock: Clock
  readonly random: Random
}

/** Whether traffic could go to the task, if we knew all about it. */
export const isRunning = (task: Task): boolean =>
  task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING'

/**
 * A source that watches the folded state for what is needed and unknown, and asks for it. It looks at what changed
 * from one state to the next, so that an event costs the same however many tasks there are. A failure removes
 * nothing: the worst that a lookup can do is to say nothing yet.
 */
export const lookup = (name: string, question: Question, { clock, random }: LookupEnvironment): Source => ({
  name,
  covers: [],
  deliveries: (state$) =>
    new Observable<Delivery | Notice>((subscriber) => {
      const stop = new AbortController()
      // Every call and every wait listens, and there may be many: no leak, as Node would warn.
      setMaxListeners(0, stop.signal)
      const queues = new Map<string, LookupQueue>()
      /** How many tasks need a key. */
      const needs = new Map<string, number>()
      /** Keys of which it may have changed whether they have to be asked for. */
      const touched = new Set<string>()
      let seen = emptyState

      const queueOf = (key: string): LookupQueue => {
        const group = question.groupOf(key)
        const found = queues.get(group)
        if (found !== undefined) return found
        const queue = new LookupQueue({
          batch: question.batch,
          concurrency: question.concurrency,
          ask: (keys, signal) => question.ask(keys, signal),
          emit: (output) => subscriber.next(output),
          clock,
          random,
          signal: stop.signal,
        })
        queues.set(group, queue)
        return queue
      }

      const count = (key: string | undefined, more: 1 | -1): void => {
        if (key === undefined) return
        const tasks = (needs.get(key) ?? 0) + more
        if (tasks > 0) needs.set(key, tasks)
        else needs.delete(key)
        touched.add(key)
      }

      const look = (state: ClusterState): void => {
        const known = question.known(state)
        state.tasks.diff(seen.tasks, (_, before, after) => {
          const was = before === undefined ? undefined : question.needOf(before)
          const is = after === undefined ? undefined : question.needOf(after)
          if (was === is) return
          count(was, -1)
          count(is, 1)
        })
        known.diff(question.known(seen), (key, before, after) => {
          if (before === undefined || after === undefined) touched.add(key)
        })
        seen = state
        const adding = new Set<LookupQueue>()
        for (const key of touched) {
          const queue = queueOf(key)
          if (needs.has(key) && !known.has(key)) {
            queue.add(key)
            adding.add(queue)
          } else queue.delete(key)
        }
        touched.clear()
        for (const queue of adding) queue.pump()
      }

      const watching = state$.subscribe({
        next: look,
        complete: () => {
          stop.abort()
          void Promise.all([...queues.values()].map((queue) => queue.idle())).then(() =>
            subscriber.complete(),
          )
        },
      })
      return () => {
        stop.abort()
        watching.unsubscribe()
      }
    }),
})
