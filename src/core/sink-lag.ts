import type { Millis } from './clock.js'
import type { Backend, Desired, Revision } from './desired.js'
import type { OfferTime } from './offer-times.js'
import type { Applied } from './reconcile.js'
import type { Report } from './report.js'
import type { AnySink, Change } from './sink.js'

/** The part of a sink that has none. */
const whole = ''

interface Due {
  /** The revision of the projection that showed what the delivery changes. */
  readonly shown: Revision
  readonly revision: Revision
  readonly eventAt: Millis
  /** The parts of the target that the delivery may have changed. */
  readonly parts: ReadonlySet<string>
  /** When the last of its records was written. */
  writtenAt: Millis | undefined
}

/** A target that is down for hours, with a worker that acknowledges at once, must not fill the memory. */
const mostDue = 10_000

/**
 * Measures one sink: how long after an event its target was written. A delivery is measured at most once, when all of its
 * records are written, and not at all if none had to be. Where several deliveries change one part of the target, and one
 * write brings all of them, each is measured.
 */
export class SinkLag {
  /** In the order of projections. */
  private due: Due[] = []

  constructor(
    private readonly sink: Pick<AnySink, 'name' | 'parts'>,
    private readonly report: (report: Report) => void,
  ) {}

  /** Called when a projection shows what deliveries change. */
  offered(
    times: readonly OfferTime[],
    after: Pick<Desired, 'revision' | 'backends'>,
    before: Pick<Desired, 'backends'> | undefined,
  ): void {
    for (const { revision, at, backends } of times.slice(0, mostDue - this.due.length)) {
      const found = [...backends].flatMap((name) => [after.backends.get(name), before?.backends.get(name)])
      this.due.push({
        shown: after.revision,
        revision,
        eventAt: at,
        parts: new Set(found.flatMap((backend) => (backend === undefined ? [] : [this.partOf(backend)]))),
        writtenAt: undefined,
      })
    }
  }

  applied({ desired, done, left, at }: Applied): void {
    if (this.due.length === 0) return
    const [written, missing] = [this.partsOf(done), this.partsOf(left)]
    const touches = (due: Due, parts: ReadonlySet<string>): boolean =>
      [...due.parts].some((part) => parts.has(part))
    this.settle((due) => {
      if (due.shown > desired.revision) return false
      if (touches(due, written)) due.writtenAt = at
      return due.writtenAt !== undefined && !touches(due, missing)
    })
  }

  /** Called when the target holds everything of `desired` that may be written. */
  reached({ revision }: Pick<Desired, 'revision'>): void {
    if (this.due.length > 0) this.settle(({ shown }) => shown <= revision)
  }

  private settle(isSettled: (due: Due) => boolean): void {
    const left: Due[] = []
    for (const due of this.due) {
      if (!isSettled(due)) {
        left.push(due)
        continue
      }
      const { revision, eventAt, writtenAt } = due
      if (writtenAt !== undefined)
        this.report({ _tag: 'Reached', sink: this.sink.name, revision, eventAt, writtenAt })
    }
    this.due = left
  }

  private partOf(backend: Backend): string {
    return this.sink.parts?.ofBackend(backend) ?? whole
  }

  private partsOf(changes: readonly Change<unknown>[]): ReadonlySet<string> {
    const { parts } = this.sink
    if (parts === undefined) return new Set(changes.length === 0 ? [] : [whole])
    return new Set(
      changes.flatMap((change) => [
        ...(change._tag === 'Create' ? [] : parts.ofRecord(change.key, change.before.value)),
        ...(change._tag === 'Delete' ? [] : parts.ofRecord(change.key, change.after)),
      ]),
    )
  }
}
