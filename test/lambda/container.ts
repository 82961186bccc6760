/**
 * What a Lambda function lives in: containers that stand still between invocations, and may be killed at any moment.
 * Timers do not pass while one stands still; those that are due by then go off when it goes on.
 */
import type { Clock, Millis } from 'ecs-task-stream'
import type { LambdaHandler, LambdaResult } from '../../src/lambda/index.js'

/** Time outside, which no container stops. */
export interface Outside {
  now: Millis
}

interface Sleeper {
  readonly until: Millis
  readonly wake: () => void
}

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class Container implements Clock {
  readonly #sleepers = new Set<Sleeper>()
  /** Whether an invocation is under way, between its event and its answer. */
  busy = false
  alive = true

  constructor(private readonly outside: Outside) {}

  now(): Millis {
    return this.outside.now
  }

  sleep(ms: Millis, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve()
        return
      }
      const wake = (): void => {
        this.#sleepers.delete(sleeper)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper: Sleeper = { until: this.outside.now + Math.max(0, ms), wake }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', wake)
    })
  }

  /** Whatever it was about to do is never done. */
  kill(): void {
    this.alive = false
    this.#sleepers.clear()
  }

  /** The timers that are due go off, before anything else happens: the machine goes on before its runtime does. */
  async thaw(): Promise<void> {
    for (const { until, wake } of [...this.#sleepers]) if (until <= this.outside.now) wake()
    await macrotask()
  }

  /**
   * Invokes the function, with so much time left. Its waits pass when nothing else can happen. Kills the container
   * after so many of them, if it has not answered by then: then there is no answer.
   */
  async invoke(
    handler: LambdaHandler,
    event: unknown,
    { remaining, waits = Infinity }: { readonly remaining: Millis; readonly waits?: number },
  ): Promise<LambdaResult | Error | 'killed'> {
    const deadline = this.outside.now + remaining
    let answer: LambdaResult | Error | undefined
    this.busy = true
    handler(event, { getRemainingTimeInMillis: () => deadline - this.outside.now }).then(
      (result) => (answer = result),
      (error: unknown) => (answer = error as Error),
    )
    for (let wait = 0; ; wait++) {
      await macrotask()
      if (answer !== undefined) break
      if (wait >= waits) {
        this.kill()
        return 'killed'
      }
      this.#wakeFirst()
    }
    this.busy = false
    if (this.outside.now > deadline) throw new Error('the function answered after its timeout')
    return answer
  }

  #wakeFirst(): void {
    const [first] = [...this.#sleepers].sort((a, b) => a.until - b.until)
    if (first === undefined) throw new Error('the function waits for nothing: it would never answer')
    this.outside.now = Math.max(this.outside.now, first.until)
    first.wake()
  }
}
