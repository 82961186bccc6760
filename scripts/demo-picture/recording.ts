/** What the demo drew on a terminal, with its colour codes, in one real run. */
export interface Recording {
  /** One a second. All have the same height. */
  readonly frames: readonly (readonly string[])[]
  /** What it said in the end. */
  readonly sentence: string
}
