import type { TaskArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import type { Mark } from '../../../core/cluster-state.js'
import type { Task } from '../../../core/task.js'
import { passage } from '../snapshots/missed-news.js'

/**
 * How long a task may take from one step of its start to the next before we ask. Most steps take less; so an ordinary
 * start costs no call. With the least time between rounds of questions it makes 55 s.
 */
export const patienceMs: Millis = 40_000

/**
 * The same for a task that stops. Readers have left it when its stop began, so nothing depends on how soon we ask. A
 * load balancer takes 5 min to deregister it by default, and a container may take 2 min to stop.
 */
export const stopPatienceMs: Millis = 600_000

/** The longest time between two questions about a task. */
const rarestMs: Millis = 900_000

/** Maximum number of tasks of a cluster that are watched. Whoever can send events can invent any number of them. */
const mostWatched = 10_000

/**
 * When to ask again about a task that an answer found unchanged: after the patience, and for one that stands still for
 * longer, after a quarter of that time. So a stuck task costs 17 questions in its first hour, and 4 in each later one.
 */
export const nextQuestionAt = (since: Millis, now: Millis): Millis =>
  now + Math.max(patienceMs, Math.min(rarestMs, (now - since) / 4))

interface Watched {
  /** When we learned of its newest change. */
  readonly since: Millis
  readonly askAt: Millis
  readonly asked: boolean
}

/** The tasks of one cluster that are on their way to a state in which they stay: whom to ask about, and when. */
export class PassingTasks {
  private readonly watched = new Map<TaskArn, Watched>()

  get size(): number {
    return this.watched.size
  }

  /** Called with every change of a task. Takes the same time however many tasks there are. */
  changed(arn: TaskArn, task: Task | undefined, mark: Mark | undefined, now: Millis): void {
    const passes = task === undefined ? undefined : passage(task, mark)
    if (passes === undefined) this.watched.delete(arn)
    else if (this.watched.size < mostWatched || this.watched.has(arn))
      this.watched.set(arn, {
        since: now,
        askAt: now + (passes === 'start' ? patienceMs : stopPatienceMs),
        asked: false,
      })
  }

  /** Called with every snapshot: it has answered for the tasks that it lists, and may rule out others. */
  listed(mark: Mark, known: (arn: TaskArn) => Task | undefined, now: Millis): void {
    for (const arn of [...this.watched.keys()]) {
      const task = known(arn)
      if (task === undefined || passage(task, mark) === undefined) this.watched.delete(arn)
      else if (mark.tasks.has(arn)) this.answered(arn, mark.at === 0 ? now : Math.min(now, mark.at), false)
    }
  }

  /** The answer to a question found the task as it was. */
  unchanged(arn: TaskArn, now: Millis): void {
    this.answered(arn, now, true)
  }

  /** Stops watching the task until it changes. */
  leave(arn: TaskArn): void {
    this.watched.delete(arn)
  }

  /** Stops watching all tasks. */
  clear(): void {
    this.watched.clear()
  }

  /** The tasks to ask about now, those first that have waited longest. */
  due(now: Millis, most: number): readonly TaskArn[] {
    const due: (readonly [TaskArn, Millis])[] = []
    // A clock that was set back by hours must not silence questions for hours.
    for (const [arn, { askAt, since }] of this.watched)
      if (askAt <= now || since > now) due.push([arn, askAt])
    return due
      .sort(([, a], [, b]) => a - b)
      .slice(0, most)
      .map(([arn]) => arn)
  }

  /** When the next question is due; `undefined` if no task passes. */
  get nextAt(): Millis | undefined {
    let next: Millis | undefined
    for (const { askAt } of this.watched.values()) if (next === undefined || askAt < next) next = askAt
    return next
  }

  /** Whether some task passes for longer than it should. */
  isSuspicious(now: Millis): boolean {
    for (const { asked, askAt } of this.watched.values()) if (asked || askAt <= now) return true
    return false
  }

  private answered(arn: TaskArn, now: Millis, asked: boolean): void {
    const watched = this.watched.get(arn)
    if (watched === undefined) return
    this.watched.set(arn, {
      since: watched.since,
      askAt: nextQuestionAt(watched.since, now),
      asked: asked || watched.asked,
    })
  }
}
