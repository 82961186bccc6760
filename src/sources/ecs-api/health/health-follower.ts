import type { TaskArn } from '../../../core/arn.js'
import { backoff } from '../../../core/backoff.js'
import type { Millis, Random } from '../../../core/clock.js'
import type { Notice } from '../../../core/source.js'
import type { Task } from '../../../core/task.js'
import { mostPerCall, operation, taskQuestion, type TaskQuestionSetup } from '../questions/task-question.js'

export interface HealthFollowerSetup extends TaskQuestionSetup {
  /** The pause between two rounds of questions. */
  readonly pollMs: Millis
  readonly tell: (tasks: readonly Task[]) => void
  readonly notice: (notice: Notice) => void
  /** Called when no task waits any more and nothing is in progress. */
  readonly ended: () => void
  readonly random: Random
}

const retries = { base: 1_000, cap: 60_000 }

/** Asks ECS again and again for the health of those tasks of one cluster that wait for their first HEALTHY. */
export class HealthFollower {
  private readonly waiting = new Set<TaskArn>()
  private readonly question
  private running: Promise<void> | undefined
  private failures = 0

  constructor(private readonly setup: HealthFollowerSetup) {
    this.question = taskQuestion(setup)
  }

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
        for (let from = 0; from < asked.length && !isOver(); from += mostPerCall)
          await this.ask(asked.slice(from, from + mostPerCall))
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
    for await (const { news, unknown } of this.question(arns)) {
      for (const arn of unknown) this.leave(arn)
      if (news.length > 0) this.setup.tell(news)
    }
  }
}
