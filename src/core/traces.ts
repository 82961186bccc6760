import type { Revision } from './desired.js'
import { errorOf } from './error-of.js'
import type { Sliced } from './sliced.js'
import type { Delivery } from './source.js'
import { RoundTrace } from './round-trace.js'
import type { Span, Tracer } from './tracer.js'

interface Traced {
  readonly revision: Revision
  readonly span: Span
}

/** A target that is down for hours must not fill the memory. What was delivered earlier is not linked. */
const mostKept = 1024

/** OpenTelemetry keeps so many links of a span. */
const mostLinks = 128

/** Stands for the projection among the names of sinks. */
const projection = Symbol('projection')

/**
 * Ends the span if the work throws. Whoever uses the result ends it otherwise.
 */
function* endingIfThrown<A>(work: Sliced<A>, span: Span): Sliced<A> {
  try {
    return yield* work
  } catch (thrown) {
    span.end({ error: errorOf(thrown) })
    throw thrown
  }
}

/**
 * The spans of one worker. A delivery is a trace of its own, and so are a projection and a round of a sink, because each
 * may bring many deliveries, and a delivery goes to many sinks. Links lead from them to the deliveries.
 */
export class Traces {
  private readonly spans = new WeakMap<Delivery, Span>()
  /** In the order of revisions. */
  private folded: Traced[] = []
  /** Up to which revision deliveries are linked, by sink. */
  private readonly linked = new Map<string | symbol, Revision>()

  constructor(private readonly tracer: Tracer) {}

  /** Begins the span of a delivery. Returns the delivery that ends it. */
  received(source: string, delivery: Delivery): Delivery {
    const span = this.tracer.start({ _tag: 'Delivery', source, events: delivery.events.length }, {})
    let open = true
    const end = (error?: Error): void => {
      if (!open) return
      open = false
      span.end(error === undefined ? {} : { error })
    }
    const traced: Delivery = {
      ...delivery,
      ack: () => {
        delivery.ack()
        end()
      },
      nack: (reason) => {
        delivery.nack(reason)
        end(reason)
      },
    }
    this.spans.set(traced, span)
    return traced
  }

  /** Begins the span of a fold; `work` ends it if it throws. */
  fold<A>(
    {
      source,
      delivery,
      events,
    }: { readonly source: string; readonly delivery: Delivery; readonly events: number },
    work: Sliced<A>,
  ): { readonly span: Span; readonly work: Sliced<A> } {
    const span = this.tracer.start({ _tag: 'Fold', source, events }, { parent: this.spans.get(delivery) })
    return { span, work: endingIfThrown(work, span) }
  }

  /** Ends the span of a fold. */
  advanced(span: Span, delivery: Delivery, revision: Revision, changed: boolean): void {
    span.end({ revision, changed })
    this.folded.push({ revision, span: this.spans.get(delivery) ?? span })
    if (this.folded.length > 2 * mostKept) this.folded = this.folded.slice(-mostKept)
  }

  /** Does the work of a projection as a span, if a delivery led to it. */
  project<A>(revision: Revision, work: Sliced<A>): Sliced<A> {
    const links = this.linksOf(projection, revision)
    return links.length === 0 ? work : this.projected(revision, links, work)
  }

  /** A round of a sink: its span begins with the first of its stages. */
  round(sink: string): RoundTrace {
    return new RoundTrace(sink, this.tracer, (revision) => this.linksOf(sink, revision))
  }

  private *projected<A>(revision: Revision, links: readonly Span[], work: Sliced<A>): Sliced<A> {
    const span = this.tracer.start({ _tag: 'Projection', revision }, { links })
    const result = yield* endingIfThrown(work, span)
    span.end({ revision })
    return result
  }

  /** The deliveries up to a revision that were not linked before; the newest, if there are many. */
  private linksOf(by: string | symbol, revision: Revision): readonly Span[] {
    const after = this.linked.get(by) ?? 0
    this.linked.set(by, Math.max(after, revision))
    const links: Span[] = []
    for (let i = this.folded.length - 1; i >= 0 && links.length < mostLinks; i--) {
      const traced = this.folded[i]
      if (traced === undefined || traced.revision <= after) break
      if (traced.revision <= revision) links.push(traced.span)
    }
    return links.reverse()
  }
}
