import { DescribeTasksCommand, type DescribeTasksCommandOutput } from '@aws-sdk/client-ecs'
import { type ClusterArn, lastSegment, placeOf, type TaskArn } from '../../../core/arn.js'
import { backoff } from '../../../core/backoff.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import type { Notice } from '../../../core/source.js'
import { Stamps } from '../../../core/stamps.js'
import type { Task } from '../../../core/task.js'
import { isInvalid } from '../../../shared/aws/aws-failure.js'
import { readAnswerDate } from '../../../shared/aws/aws-time.js'
import { taskFromDescription } from '../../ecs-events/task-description.js'
import { CallFailed, type EcsCall } from '../snapshots/ecs-calls.js'

export interface HealthFollowerSetup {
  readonly cluster: ClusterArn
  readonly call: EcsCall
  /** The pause between two rounds of questions. */
  readonly pollMs: Millis
  /** The order of the newest snapshot of the cluster in the state; 0 if there is none. */
  readonly newestOrder: () => number
  /** The task in the state. */
  readonly known: (arn: TaskArn) => Task | undefined
  readonly tell: (tasks: readonly Task[]) => void
  readonly notice: (notice: Notice) => void
  /** Called when no task waits any more and nothing is in progress. */
  readonly ended: () => void
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

/** Maximum number of tasks per DescribeTasks call. */
const batch = 100

const operation = 'DescribeTasks'

const retries = { base: 1_000, cap: 60_000 }

/** Whether an answer says more than that nothing has changed, which is the usual one, every few seconds. */
const isNews = (task: Task, known: Task | undefined): boolean =>
  task.version > (known?.version ?? -1) || task.health?.status !== known?.health?.status

/** Asks ECS again and again for the health of those tasks of one cluster that wait for their first HEALTHY. */
export class HealthFollower {
  private readonly waiting = new Set<TaskArn>()
  private readonly stamps = new Stamps()
  private running: Promise<void> | undefined
  private failures = 0

  constructor(private readonly setup: HealthFollowerSetup) {}

  add(task: TaskArn): void {
    this.waiting.add(task)
    this.start()
  }

  leave(task: TaskArn): void {
    this.waiting.delete(task)
  }

  /** Resolves when no call is in progress. */
  async idle(): Promise<void> {
    await this.running
  }

  private start(): void {
    this.running ??= this.run().finally(() => {
      this.running = undefined
      // A task may have begun to wait since the last round.
      if (this.waiting.size > 0 && !this.setup.signal.aborted) this.start()
      else this.setup.ended()
    })
  }

  private async run(): Promise<void> {
    const { clock, random, signal, pollMs, notice } = this.setup
    // Deferred, so that tasks that begin to wait together share a call.
    await Promise.resolve()
    const isOver = (): boolean => signal.aborted
    while (!isOver() && this.waiting.size > 0) {
      let pause = pollMs
      try {
        const asked = [...this.waiting]
        for (let from = 0; from < asked.length && !isOver(); from += batch)
          await this.ask(asked.slice(from, from + batch))
        this.failures = 0
      } catch (thrown) {
        if (isOver()) return
        const error = thrown instanceof Error ? thrown : new Error(String(thrown))
        pause = pollMs + backoff(this.failures++, random, retries)
        notice({ _tag: 'SourceFailed', operation, error, retryIn: pause })
      }
      await clock.sleep(pause, signal)
    }
  }

  private async ask(arns: readonly TaskArn[]): Promise<void> {
    try {
      await this.describe(arns)
    } catch (thrown) {
      if (!(thrown instanceof CallFailed && isInvalid(thrown.cause))) throw thrown
      // An ARN that ECS refuses, of an invented task, makes it refuse the whole call. Splitting finds it. It is not asked
      // about again unless its task changes.
      const [arn = '', ...others] = arns
      if (others.length === 0) {
        this.leave(arn)
        return
      }
      const half = Math.ceil(arns.length / 2)
      await this.ask(arns.slice(0, half))
      await this.ask(arns.slice(half))
    }
  }

  private async describe(arns: readonly TaskArn[]): Promise<void> {
    const { cluster, call, clock, signal, newestOrder, known, tell } = this.setup
    // The answer is newer than what the state has when it is asked for. A snapshot that begins later has a later date.
    const seen = Math.max(newestOrder(), ...arns.map((arn) => known(arn)?.health?.at ?? 0))
    let at: Millis = 0
    const answer = await call(
      operation,
      placeOf(cluster),
      signal,
      async (ecs): Promise<DescribeTasksCommandOutput> => {
        const command = new DescribeTasksCommand({ cluster, tasks: [...arns] })
        const sentAt = clock.now()
        command.middlewareStack.add(
          readAnswerDate((date) => (at = date === undefined ? 0 : Math.min(date, sentAt))),
          { step: 'deserialize' },
        )
        return ecs.send(command, { abortSignal: signal })
      },
    )
    const order = this.stamps.next(at, seen)
    const news = (answer.tasks ?? []).flatMap((description) => {
      // The snapshot warns of implausible values.
      const { task } = taskFromDescription(description, order)
      return task?.cluster === cluster && isNews(task, known(task.arn)) ? [task] : []
    })
    const missing = new Set(
      (answer.failures ?? [])
        .filter(({ reason }) => reason === 'MISSING')
        .map(({ arn = '' }) => lastSegment(arn)),
    )
    // ECS does not know them, or no longer. If they run after all, an event or a snapshot says so.
    for (const arn of arns) if (missing.has(lastSegment(arn))) this.leave(arn)
    if (news.length > 0) tell(news)
  }
}
