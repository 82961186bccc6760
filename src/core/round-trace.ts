import type { Revision } from './desired.js'
import { errorOf } from './error-of.js'
import type { Span, Stage, StageResult, Tracer } from './tracer.js'

/** A stage of a round. */
export interface RoundStage<A> {
  readonly stage: Extract<Stage, { readonly _tag: 'Read' | 'Plan' | 'Apply' }>
  readonly work: () => Promise<A>
  /** What it has come to, from what `work` resolves to. */
  readonly resultOf?: (result: A) => StageResult
}

/** The spans of one round of a sink. Nothing is begun for a round that has nothing to do. */
export class RoundTrace {
  private span: Span | undefined
  /** Deliveries that led to it, until it begins. */
  private links: readonly Span[] = []

  constructor(
    private readonly sink: string,
    private readonly tracer: Tracer,
    /** The deliveries up to a revision that this sink's rounds have not linked yet. */
    private readonly linksOf: (revision: Revision) => readonly Span[],
  ) {}

  async stage<A>({ stage, work, resultOf = () => ({}) }: RoundStage<A>): Promise<A> {
    this.span ??= this.tracer.start({ _tag: 'Round', sink: this.sink }, { links: this.links })
    const span = this.tracer.start(stage, { parent: this.span })
    let end: StageResult = {}
    try {
      const result = await span.run(work)
      end = resultOf(result)
      return result
    } catch (thrown) {
      end = { error: errorOf(thrown) }
      throw thrown
    } finally {
      span.end(end)
    }
  }

  /** Called with the newest revision that the round brings to the target. */
  brings(revision: Revision): void {
    const links = this.linksOf(revision)
    if (this.span === undefined) this.links = [...this.links, ...links]
    else if (links.length > 0) this.span.link(links)
  }

  end(result: StageResult): void {
    this.span?.end(result)
    this.span = undefined
  }
}
