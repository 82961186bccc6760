/** What must always be so. */
export type Invariant =
  /** A server whose task runs is not taken away by a worker that was told so. */
  | 'no live server is removed'
  | 'nothing of others is touched'
  /** What was acknowledged is in the journal, or in the target. */
  | 'nothing acknowledged can be lost'
  /** A write replaces only what it was planned against, so nobody's write in between is lost. */
  | 'nothing written meanwhile is lost'
  /** Nobody reads half of a document. */
  | 'readers see whole documents'
  /** Of a service that deploys in stages, a revision gets what ECS has said. */
  | 'shares are what ECS has said'
  /** Nothing takes the place of what a journal holds, and nothing of it goes before a checkpoint holds it. */
  | 'the journal keeps what it holds'
  /** After a catch-up a worker knows all that was stored before the catch-up began. */
  | 'a catch-up misses nothing'
  /** Of workers that share a journal, one asks at a time. */
  | 'one at a time'
  /** What an answer tells, or that there was none, is taken into account. */
  | 'a worker learns from answers'
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
