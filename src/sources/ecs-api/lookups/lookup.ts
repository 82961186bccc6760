import { setMaxListeners } from 'node:events'
import { Observable } from 'rxjs'
import type { TaskArn } from '../../../core/arn.js'
import type { Clock, Random } from '../../../core/clock.js'
import { type ClusterState, emptyState, type Mark } from '../../../core/cluster-state.js'
import type { ClusterEvent } from '../../../core/event.js'
import { followInSlices } from '../../../core/follow-in-slices.js'
import type { PersistentMap } from '../../../core/persistent-map.js'
import type { Delivery, Lookup, Notice, Source, SourceContext } from '../../../core/source.js'
import { type Sliced, sliceSize } from '../../../core/sliced.js'
import { Stamps } from '../../../core/stamps.js'
import type { Task } from '../../../core/task.js'
import { type Answer, LookupQueue } from './lookup-queue.js'
import { refusalReports } from './lookup-reports.js'
import { secondHand } from './second-hand.js'
import { speculations } from './speculation.js'

/** Defines what to look up, and how. */
export interface Question {
  /** The key that a task needs, such as its instance's ARN; `undefined` if it needs nothing. */
  needOf(task: Task): string | undefined
  /**
   * Why this task's key must not be looked up, such as an invalid ARN or an instance of another cluster. Default: every
   * key is looked up.
   */
  refusalOf?(key: string, task: Task): string | undefined
  /** The answer for a key if it is known without a call. Default: none. */
  recall?(key: string): ClusterEvent | undefined
  /** The known answers in the state, by key. */
  known(state: ClusterState): PersistentMap<object>
  /** Keys of one group are looked up together. Groups do not wait for each other. */
  groupOf(key: string): string
  /** Within a group, lanes take turns. Default: a single lane. */
  laneOf?(key: string): string
  /** Maximum number of keys per call. */
  readonly batch: number
  /** Maximum number of concurrent calls per group. */
  readonly concurrency: number
  /** Resolves when a call for the group may be made; to false if the signal aborts. Default: immediately. */
  readonly turn?: (group: string, signal: AbortSignal) => Promise<boolean>
  ask(keys: readonly string[], signal: AbortSignal): Promise<Answer>
}

export interface LookupEnvironment {
  readonly clock: Clock
  readonly random: Random
}

/** The tasks that need a key. */
interface Need {
  /** Number of tasks for which it is looked up. */
  tasks: number
  /** Number of those tasks that a snapshot lists. */
  listed: number
  /** Number of tasks for which it is not looked up, by reason. */
  readonly refused: Map<string, number>
}

/** The contribution of one task to a need. */
interface Share {
  readonly key: string
  readonly listed: boolean
  readonly refused: string | undefined
}

/** Whether the task could receive traffic, given all lookups. */
export const isRunning = (task: Task): boolean =>
  task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING'

const noop = (): void => undefined

/** The tasks that differ, or that are listed in one state's snapshots and not in the other's. */
function* changedTasks(before: ClusterState, after: ClusterState): Sliced<ReadonlySet<TaskArn>> {
  const changed = new Set<TaskArn>()
  yield* after.tasks.diffInSlices(before.tasks, (arn) => changed.add(arn), 4 * sliceSize)
  const marks: (readonly [Mark['tasks'], Mark['tasks']])[] = []
  after.marks.diff(before.marks, (_, was, is) =>
    marks.push([was?.tasks ?? emptyState.tasks, is?.tasks ?? emptyState.tasks]),
  )
  for (const [was, is] of marks)
    yield* is.diffInSlices(
      was,
      (arn, listed, lists) => {
        if (listed === undefined || lists === undefined) changed.add(arn)
      },
      4 * sliceSize,
    )
  return changed
}

/** What a question is given, by its source. */
export interface QuestionContext extends LookupEnvironment, Pick<SourceContext, 'needs'> {
  /** Tells that so many calls of AWS are made. */
  readonly called: (calls: number) => void
}

export interface LookupSetup extends Partial<LookupEnvironment> {
  readonly name: string
  readonly provides: Lookup
  readonly examine?: Source['examine']
  /** What to ask for in a worker. */
  readonly question: (context: QuestionContext) => Question
}

/**
 * A source that watches the folded state for keys that tasks need and that are unknown, and looks them up. It examines
 * only the differences between states, so that an event costs the same however many tasks there are. A failed lookup
 * removes nothing; at worst, the answer is missing or finally refused.
 */
export const lookup = ({
  name,
  provides,
  examine,
  question: questionFor,
  ...fixed
}: LookupSetup): Source => ({
  name,
  covers: [],
  ...(examine === undefined ? {} : { examine }),
  provides: [provides],
  deliveries: (context) =>
    new Observable<Delivery | Notice>((subscriber) => {
      const { clock = context.clock, random = context.random } = fixed
      const question = questionFor({
        clock,
        random,
        needs: context.needs,
        called: (calls) => subscriber.next({ _tag: 'Called', calls }),
      })
      const stop = new AbortController()
      const { signal } = stop
      // Every call and every wait adds a listener; this is not a leak, which Node would warn of.
      setMaxListeners(0, signal)
      const queues = new Map<string, LookupQueue>()
      const needs = new Map<string, Need>()
      /** Keys that may have to be looked up, or no longer. */
      const touched = new Set<string>()
      let seen = emptyState

      const emit = (output: Delivery | Notice): void => subscriber.next(output)
      const report = refusalReports(emit, clock, signal)
      const after = secondHand(clock, signal)
      const stamps = new Stamps()
      const stamp = (): number => stamps.next(clock.now())
      const speculation = speculations(() => queues.size, clock, signal)

      let pending: ClusterEvent[] = []
      /** Deferred, because it may be called while a state is processed, and the events create the next state. */
      const tell = (events: readonly ClusterEvent[]): void => {
        if (events.length === 0) return
        if (pending.length === 0)
          queueMicrotask(() => {
            const events = pending
            pending = []
            if (!signal.aborted) emit({ _tag: 'Delivery', events, ack: noop, nack: noop })
          })
        for (const event of events) pending.push(event)
      }

      const queueOf = (key: string): LookupQueue => {
        const group = question.groupOf(key)
        const found = queues.get(group)
        if (found !== undefined) return found
        const { turn } = question
        const queue = new LookupQueue({
          batch: question.batch,
          concurrency: question.concurrency,
          laneOf: (each) => question.laneOf?.(each) ?? '',
          turn: turn === undefined ? undefined : (until) => turn(group, until),
          speculation: speculation(group),
          ask: (keys, until) => question.ask(keys, until),
          emit,
          tell,
          report,
          stamp,
          after,
          clock,
          random,
          signal,
        })
        queues.set(group, queue)
        return queue
      }

      const shareOf = ({ tasks, marks }: ClusterState, arn: TaskArn): Share | undefined => {
        const task = tasks.get(arn)
        const key = task === undefined ? undefined : question.needOf(task)
        if (task === undefined || key === undefined) return undefined
        const listed = marks.get(task.cluster)?.tasks.has(arn) === true
        return { key, listed, refused: question.refusalOf?.(key, task) }
      }

      const count = (share: Share | undefined, more: 1 | -1): void => {
        if (share === undefined) return
        const { key, listed, refused } = share
        const need = needs.get(key) ?? { tasks: 0, listed: 0, refused: new Map<string, number>() }
        needs.set(key, need)
        touched.add(key)
        if (refused === undefined) {
          need.tasks += more
          if (listed) need.listed += more
        } else {
          const tasks = (need.refused.get(refused) ?? 0) + more
          if (tasks > 0) need.refused.set(refused, tasks)
          else need.refused.delete(refused)
        }
        if (need.tasks === 0 && need.refused.size === 0) needs.delete(key)
      }

      /** Returns the queue if it has more to look up. */
      const follow = (key: string, state: ClusterState): LookupQueue | undefined => {
        const need = needs.get(key)
        const wanted = need !== undefined && !question.known(state).has(key) ? need : undefined
        const recalled = wanted === undefined || wanted.tasks === 0 ? undefined : question.recall?.(key)
        const refused = state.refusals.get(key)?.reason
        if (wanted !== undefined && wanted.tasks > 0 && recalled === undefined) {
          const queue = queueOf(key)
          queue.set(key, { listed: wanted.listed > 0, refused })
          return queue
        }
        const group = question.groupOf(key)
        queues.get(group)?.delete(key)
        if (queues.get(group)?.isIdle === true) queues.delete(group)
        if (recalled !== undefined) tell([recalled])
        const [reason] = wanted?.refused.keys() ?? []
        if (recalled === undefined && reason !== undefined && refused === undefined)
          tell([{ _tag: 'LookupRefused', key, reason, at: stamp() }])
        return undefined
      }

      function* look(state: ClusterState): Sliced<void> {
        let looked = 0
        for (const arn of yield* changedTasks(seen, state)) {
          if (++looked % (2 * sliceSize) === 0) yield
          const was = shareOf(seen, arn)
          const is = shareOf(state, arn)
          if (was?.key === is?.key && was?.listed === is?.listed && was?.refused === is?.refused) continue
          count(was, -1)
          count(is, 1)
        }
        question.known(state).diff(question.known(seen), (key, before, after) => {
          if (before === undefined || after === undefined) touched.add(key)
        })
        seen = state
        const adding = new Set<LookupQueue>()
        for (const key of touched) {
          const queue = follow(key, state)
          if (queue !== undefined) adding.add(queue)
        }
        touched.clear()
        for (const queue of adding) queue.pump()
      }

      const watching = followInSlices(context.state$, look, {
        clock,
        signal,
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
