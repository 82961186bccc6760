import { backoff } from '../../../core/backoff.js'
import type { Millis } from '../../../core/clock.js'
import type { Delivery, Notice } from '../../../core/source.js'
import type { CallReports } from '../../../shared/async/call-reports.js'
import { delivery } from './delivery.js'
import { CallFailed, type EcsEnvironment } from './ecs-calls.js'

/** A refusal is final when it is the nth in a row, because new permissions take a while to spread. */
const refusalsUntilFinal = 3

export interface RepeatedLookup extends Pick<EcsEnvironment, 'random'> {
  /** Tells of failures, such as those of `snapshot of main`. */
  readonly calls: CallReports
  /** The name, ARN or pattern that is looked up. */
  readonly key: string
  /** Time from the end of one lookup to the beginning of the next. */
  readonly interval: () => Millis
  readonly wait: (pause: Millis) => Promise<void>
  /** The time of a final refusal. */
  readonly stamp: () => number
  readonly emit: (output: Delivery | Notice) => void
  /** Rejects when it fails. */
  readonly lookUp: () => Promise<NextLookup>
}

/** When the next lookup begins: after the interval, after another time, or never. */
export type NextLookup = 'again' | 'last' | { readonly afterMs: Millis }

/**
 * Repeats a lookup at intervals until the signal aborts. A failure is reported as `SourceFailed` and retried with
 * backoff, up to a minute. A final refusal is emitted once as `LookupRefused`, and retried at each interval.
 */
export const repeatedLookup = async (
  { calls, key, interval, wait, random, stamp, emit, lookUp }: RepeatedLookup,
  signal: AbortSignal,
): Promise<void> => {
  let failures = 0
  let refusals = 0
  while (!signal.aborted) {
    let pause = interval()
    try {
      const next = await lookUp()
      calls.succeeded()
      if (next === 'last') return
      if (next !== 'again') pause = next.afterMs
      failures = 0
      refusals = 0
    } catch (thrown) {
      if (isAborted(signal)) return
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      refusals = error instanceof CallFailed && error.isRefusal ? refusals + 1 : 0
      if (refusals < refusalsUntilFinal) pause = backoff(failures++, random, { base: 1_000, cap: 60_000 })
      calls.failed(error, pause)
      if (refusals === refusalsUntilFinal)
        emit(delivery({ _tag: 'LookupRefused', key, reason: error.message, at: stamp() }))
    }
    await wait(pause)
  }
}

/** Checked in a function, because the type checker assumes that `aborted` is still false after an `await`. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted
