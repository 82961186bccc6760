/** What must always be so. */
export type Invariant =
  /** A server whose task runs is not taken away by a worker that was told so. */
  | 'no live server is removed'
  | 'nothing of others is touched'
  /** What was acknowledged is in the journal, or in the target. */
  | 'nothing acknowledged can be lost'
  /** A write replaces only what it was planned against, so nobody's write in between is lost. */
  | 'nothing written meanwhile is lost'
  /** Of a service that deploys in stages, a revision gets what ECS has said. */
  | 'shares are what ECS has said'
  | 'memory and calls are bounded'
  /** When nothing goes wrong any more, the target is exactly as the clusters are, within the promised time. */
  | 'calm makes exact'
  /** Nothing is thrown that nobody catches. */
  | 'no defect'

/** An invariant that does not hold: this is what a simulation looks for. */
export class Violation extends Error {
  override readonly name = 'Violation'

  constructor(
    readonly invariant: Invariant,
    readonly detail: string,
  ) {
    super(`${invariant}: ${detail}`)
  }
}
