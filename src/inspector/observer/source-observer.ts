import type { Millis } from '../../core/clock.js'
import type { Report } from '../../core/report.js'
import type { Notice, Source } from '../../core/source.js'
import type { Observed } from '../observed.js'
import type { FailingCall, SourceRow } from '../tables.js'
import { RecentCount } from './recent-count.js'
import { brief } from './target-observer.js'

/** The undecodable messages that are shown. */
const mostUndecodable = 5

/** Operations come from the code, but may name what they are about. */
const mostOperations = 50

/** A source does not always say that a call works again; without a failure for this long, it is no longer shown. */
const failsForMs: Millis = 600_000

/** What one source has delivered, and what fails in it. */
export class SourceObserver {
  #deliveries = 0
  #lastDeliveryAt: Millis | undefined
  #lagMs: Millis | undefined
  #undecodable = 0
  #lastUndecodable: SourceRow['lastUndecodable'] = []
  #calls: RecentCount | undefined
  readonly #failing = new Map<string, FailingCall>()

  constructor(private readonly source: Pick<Source, 'name' | 'covers'>) {}

  folded({ newest }: Extract<Report, { readonly _tag: 'Folded' }>, now: Millis): void {
    this.#deliveries++
    this.#lastDeliveryAt = now
    if (newest !== undefined) this.#lagMs = Math.max(0, now - newest)
  }

  noticed(notice: Notice, now: Millis): void {
    switch (notice._tag) {
      case 'Undecodable':
        this.#undecodable++
        this.#lastUndecodable = [
          { at: now, id: brief(notice.id), reason: brief(notice.reason) },
          ...this.#lastUndecodable,
        ].slice(0, mostUndecodable)
        return
      case 'SourceFailed': {
        const { operation, error, retryIn } = notice
        const before = this.#failing.get(operation)
        if (before === undefined && this.#failing.size >= mostOperations) return
        this.#failing.set(operation, {
          operation,
          error: brief(error.message),
          at: now,
          failures: (before?.failures ?? 0) + 1,
          nextAt: retryIn === undefined ? undefined : now + retryIn,
        })
        return
      }
      case 'Answered':
        this.#failing.delete(notice.operation)
        return
      case 'Called':
        this.#calls ??= new RecentCount()
        this.#calls.add(notice.calls, now)
        return
      case 'SnapshotTaken':
      case 'SnapshotDue':
      case 'Ignored':
      case 'Progressed':
      case 'ClockSkew':
      case 'Warning':
        return
    }
  }

  row(now: Millis): Observed['sources'][number] {
    for (const [operation, { at, nextAt = at }] of this.#failing)
      if (now - Math.max(at, nextAt) > failsForMs) this.#failing.delete(operation)
    return {
      source: this.source.name,
      covers: this.source.covers,
      deliveries: this.#deliveries,
      lastDeliveryAt: this.#lastDeliveryAt,
      lagMs: this.#lagMs,
      callsLastMinute: this.#calls?.lastMinute(now),
      undecodable: this.#undecodable,
      lastUndecodable: this.#lastUndecodable,
      failing: [...this.#failing.values()],
    }
  }
}
