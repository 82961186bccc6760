import type { TaskArn } from '../../../core/arn.js'
import { backoff } from '../../../core/backoff.js'
import type { Millis, Random } from '../../../core/clock.js'
import type { Mark } from '../../../core/cluster-state.js'
import type { Notice, SourceContext } from '../../../core/source.js'
import type { Task } from '../../../core/task.js'
import { wasMissed } from '../snapshots/missed-news.js'
import { type PassingTasks, patienceMs } from './passing-tasks.js'
import { mostPerCall, operation, taskQuestion, type TaskQuestionSetup } from './task-question.js'

export interface QuestionFollowerSetup extends TaskQuestionSetup {
  readonly passing: PassingTasks
  readonly newestMark: () => Mark | undefined
  readonly tell: (tasks: readonly Task[]) => void
  readonly notice: (notice: Notice) => void
  /** Called, before `tell`, if an answer tells what an event should have told before. */
  readonly missed: () => void
  readonly alone: SourceContext['alone']
  readonly random: Random
}

/** The least time between two rounds of questions, so that tasks share calls. */
const roundMs: Millis = 15_000

/** Maximum number of calls in a round: with ten thousand stuck tasks, an eighth of the calls that are allowed. */
const mostCalls = 5

const retries = { base: 1_000, cap: 60_000 }

/**
 * Asks about those tasks of one cluster that pass for longer than they should: an event that would have told of the
 * next state may be lost. Of workers that share a journal, one asks, for as long as some task is suspicious.
 */
export class QuestionFollower {
  private readonly question
  private running: Promise<void> | undefined

  constructor(private readonly setup: QuestionFollowerSetup) {
    this.question = taskQuestion(setup)
  }

  /** Called when a task may have begun to pass. */
  start(): void {
    const { passing, signal } = this.setup
    if (passing.size === 0 || signal.aborted) return
    this.running ??= this.run().finally(() => {
      this.running = undefined
      this.start()
    })
  }

  /** Resolves when no call is in progress. */
  async idle(): Promise<void> {
    await this.running
  }

  private async run(): Promise<void> {
    const { passing, clock, signal, alone, cluster } = this.setup
    while (!this.isOver() && passing.size > 0) {
      const afterMs = (passing.nextAt ?? 0) - clock.now()
      // Whatever begins to pass meanwhile is due later than that.
      if (afterMs > 0) await clock.sleep(Math.min(afterMs, patienceMs), signal)
      else if ((await alone(`questions about tasks of ${cluster}`, () => this.askOn())) === undefined)
        await clock.sleep(roundMs, signal)
    }
  }

  /** Asks until no task is suspicious any more, so that workers that share a journal do not ask in turns. */
  private async askOn(): Promise<object> {
    const { passing, clock, random, signal, notice } = this.setup
    let failures = 0
    while (!this.isOver() && passing.isSuspicious(clock.now())) {
      let pause = roundMs
      try {
        await this.askOnce()
        failures = 0
      } catch (thrown) {
        if (this.isOver()) break
        const error = thrown instanceof Error ? thrown : new Error(String(thrown))
        pause = roundMs + backoff(failures++, random, retries)
        notice({ _tag: 'SourceFailed', operation, error, retryIn: pause })
      }
      const untilDue = (passing.nextAt ?? 0) - clock.now()
      await clock.sleep(Math.max(pause, Math.min(untilDue, patienceMs)), signal)
    }
    return {}
  }

  private async askOnce(): Promise<void> {
    const { passing, clock } = this.setup
    const due = passing.due(clock.now(), mostCalls * mostPerCall)
    for (let from = 0; from < due.length && !this.isOver(); from += mostPerCall)
      await this.ask(due.slice(from, from + mostPerCall))
  }

  private async ask(arns: readonly TaskArn[]): Promise<void> {
    const { passing, clock, known, newestMark, missed, tell } = this.setup
    const unchanged = new Set(arns)
    for await (const { at, news, unknown } of this.question(arns)) {
      for (const arn of unknown) passing.leave(arn)
      const mark = newestMark()
      for (const { arn } of news) unchanged.delete(arn)
      if (news.some((task) => wasMissed(task, at, { task: known(task.arn), mark }))) missed()
      if (news.length > 0) tell(news)
    }
    for (const arn of unchanged) passing.unchanged(arn, clock.now())
  }

  /** A function, because the type checker assumes that `aborted` is still false after an `await`. */
  private isOver(): boolean {
    return this.setup.signal.aborted
  }
}
