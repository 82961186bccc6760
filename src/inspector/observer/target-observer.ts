import type { Millis } from '../../core/clock.js'
import type { Revision } from '../../core/desired.js'
import type { Report } from '../../core/report.js'
import type { AnySink } from '../../core/sink.js'
import type { ObservedError, TargetOverview, TargetState } from '../overview.js'
import type { Recent } from './recent.js'
import { Samples } from './samples.js'

/** Enough for a percentile of 99. */
const mostSamples = 1_000

/** Long enough for what failed, and why. */
const longestMessage = 500

export const brief = (text: string): string =>
  text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text

/** How far one target is, from reports. */
export class TargetObserver {
  readonly #lags = new Samples(mostSamples)
  #revision: Revision = 0
  #reached: 'exact' | 'settled' | undefined
  #isHeld = false
  #error: ObservedError | undefined

  /** `folds`: when the newest revisions came. */
  constructor(
    private readonly sink: Pick<AnySink, 'name' | 'dry'>,
    private readonly folds: Recent<Millis>,
  ) {}

  hear(report: Report, now: Millis): void {
    switch (report._tag) {
      case 'Synced':
        this.#revision = report.revision
        this.#reached = report.exact ? 'exact' : 'settled'
        this.#error = undefined
        return
      case 'Reached':
        // The clocks of ECS and this machine differ, so the difference can be negative.
        this.#lags.add(Math.max(0, report.writtenAt - report.eventAt))
        return
      case 'Planned':
        this.#isHeld = report.dry || report.plan.skipped.some(({ why }) => why === 'too-much')
        return
      case 'SinkFailed':
        this.#error = { at: now, message: brief(`${report.operation} failed: ${report.error.message}`) }
        return
      case 'Rejected':
        this.#error = { at: now, message: brief(`"${report.key}" is rejected: ${report.reason}`) }
        return
      case 'Abandoned':
      case 'Acknowledged':
      case 'AcknowledgedUnheld':
      case 'Applied':
      case 'CheckpointStored':
      case 'Conflicted':
      case 'Draining':
      case 'Folded':
      case 'JournalFailed':
      case 'Noticed':
      case 'SinkWarned':
      case 'Swept':
      case 'Unconfirmed':
      case 'Unresolved':
      case 'Unwritable':
        return
    }
  }

  overview(revision: Revision, now: Millis): TargetOverview {
    const behind = Math.max(0, revision - this.#revision)
    const since = behind === 0 ? undefined : this.folds.ago(behind - 1)
    const [p50Ms, p99Ms] = [this.#lags.percentile(0.5), this.#lags.percentile(0.99)]
    return {
      target: this.sink.name,
      state: this.#state,
      revision: this.#revision,
      revisionsBehind: behind,
      behindMs: since === undefined ? 0 : Math.max(0, now - since),
      lag:
        p50Ms === undefined || p99Ms === undefined ? undefined : { p50Ms, p99Ms, samples: this.#lags.size },
      lastError: this.#error,
    }
  }

  get #state(): TargetState {
    if (this.#error !== undefined) return 'failing'
    if (this.sink.dry === true || this.#isHeld) return 'held'
    return this.#reached ?? 'starting'
  }
}
