import { Observable } from 'rxjs'
import type { Clock, Millis } from '../../core/clock.js'
import type { Report } from '../../core/report.js'
import type { AnySink } from '../../core/sink.js'
import type { Notice, Source } from '../../core/source.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import { diagnose, type Prospect } from './diagnosis.js'
import { isEssential } from './essential-call.js'

/** Why a worker cannot work, and will not as long as nobody changes something. */
export interface Hopeless {
  /** Such as `source sqs: ReceiveMessage`. */
  readonly part: string
  readonly error: Error
  readonly prospect: Exclude<Prospect, 'passing'>
}

/** The exit code for something that is refused for good. */
export const codeOf = (prospect: Hopeless['prospect']): ExitCode => {
  switch (prospect) {
    case 'settings':
      return exitCode.usage
    case 'refused':
      return exitCode.unavailable
  }
}

export interface HopelessOptions {
  readonly sources: readonly Pick<Source, 'name' | 'covers' | 'identifies'>[]
  readonly sinks: readonly Pick<AnySink, 'name' | 'required'>[]
  readonly clock: Pick<Clock, 'sleep'>
  /** How long a part must be hopeless. Permissions take a moment to spread, and so do new queues. Default: 2,000 ms. */
  readonly patienceMs?: Millis
}

/** The number of things that must all be refused before a source is: its clusters, or the one queue. */
const subjectsOf = ({ covers, identifies = [] }: Pick<Source, 'covers' | 'identifies'>): number =>
  Math.max(1, covers.length, identifies.length)

/** What one source has told of its essential calls. */
class SourceHopes {
  private readonly answered = new Set<string>()
  private hasAnswered = false
  private readonly refused = new Map<string, Hopeless>()

  constructor(private readonly source: Pick<Source, 'name' | 'covers' | 'identifies'>) {}

  take(notice: Notice): void {
    if (notice._tag === 'Answered') {
      this.hasAnswered = true
      this.refused.delete(notice.operation)
      if (isEssential(notice.operation)) this.answered.add(notice.operation)
    }
    if (notice._tag !== 'SourceFailed' || !isEssential(notice.operation)) return
    const { operation, error } = notice
    const { prospect } = diagnose(error)
    // Any answer shows that the queue was there, so that somebody has deleted it, and may bring it back.
    const works = prospect === 'settings' ? this.hasAnswered : this.answered.has(operation)
    if (prospect === 'passing' || works) this.refused.delete(operation)
    else this.refused.set(operation, { part: `source ${this.source.name}: ${operation}`, error, prospect })
  }

  get hopeless(): Hopeless | undefined {
    if (this.answered.size > 0 || this.refused.size < subjectsOf(this.source)) return undefined
    const [first] = this.refused.values()
    return first
  }
}

/** What one required sink has done. */
class SinkHopes {
  private hasRead = false
  private hasWritten = false
  private refused: Hopeless | undefined

  take(report: Extract<Report, { readonly sink: string }>): void {
    switch (report._tag) {
      case 'SinkFailed': {
        const { sink, operation, error } = report
        const { prospect } = diagnose(error)
        const works = this.hasWritten || (operation === 'read' && this.hasRead)
        this.refused =
          prospect === 'passing' || works
            ? undefined
            : { part: `sink ${sink}: ${operation}`, error, prospect }
        return
      }
      case 'Applied':
        this.hasWritten = true
        this.refused = undefined
        return
      // Before the first snapshot there is nothing to write.
      case 'Synced':
        this.hasRead = true
        this.refused = undefined
        return
      case 'Planned':
        this.hasRead = true
        return
      case 'Conflicted':
      case 'Reached':
      case 'Rejected':
      case 'SinkWarned':
        return
    }
  }

  get hopeless(): Hopeless | undefined {
    return this.refused
  }
}

/** The journal, without which nothing is folded. */
class JournalHopes {
  private hasWorked = false
  private refused: Hopeless | undefined

  take(report: Extract<Report, { readonly _tag: 'JournalFailed' | 'Folded' }>): void {
    if (report._tag === 'Folded') this.hasWorked = true
    else if (report.operation !== 'lease' && report.operation !== 'checkpoint') {
      const { operation, error } = report
      const { prospect } = diagnose(error)
      this.refused = prospect === 'passing' ? undefined : { part: `journal: ${operation}`, error, prospect }
    }
  }

  get hopeless(): Hopeless | undefined {
    return this.hasWorked ? undefined : this.refused
  }
}

/**
 * Emits, at most once, when a part without which the worker cannot work is refused for good, and has never worked in
 * this process. What has worked once may come back, so the worker waits for it. Subscribing measures from then on.
 */
export const hopelessOf = (
  reports$: Observable<Report>,
  { sources, sinks, clock, patienceMs = 2_000 }: HopelessOptions,
): Observable<Hopeless> =>
  new Observable((subscriber) => {
    const bySource = new Map(sources.map((source) => [source.name, new SourceHopes(source)]))
    const bySink = new Map(
      sinks.flatMap(({ name, required }) => (required === false ? [] : [[name, new SinkHopes()] as const])),
    )
    const journal = new JournalHopes()
    let waiting: AbortController | undefined

    const hopeless = (): Hopeless | undefined =>
      [...bySource.values(), ...bySink.values(), journal].find((part) => part.hopeless !== undefined)
        ?.hopeless
    const wait = async (): Promise<void> => {
      const ended = new AbortController()
      waiting = ended
      await clock.sleep(patienceMs, ended.signal)
      const found = hopeless()
      if (ended.signal.aborted || found === undefined) return
      subscriber.next(found)
      subscriber.complete()
    }
    const judge = (): void => {
      if (hopeless() === undefined) {
        waiting?.abort()
        waiting = undefined
      } else if (waiting === undefined) void wait()
    }

    subscriber.add(() => waiting?.abort())
    subscriber.add(
      reports$.subscribe({
        next: (report) => {
          if (report._tag === 'Noticed') bySource.get(report.source)?.take(report.notice)
          else if (report._tag === 'Folded' || report._tag === 'JournalFailed') journal.take(report)
          else if ('sink' in report) bySink.get(report.sink)?.take(report)
          judge()
        },
        complete: () => subscriber.complete(),
      }),
    )
  })
