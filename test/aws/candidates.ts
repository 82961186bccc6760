import { it } from 'vitest'

/** A server that claims to speak as AWS does: a witness, or one of our own. */
export interface Candidate<S> {
  readonly name: string
  readonly open: () => Promise<S>
  /** What it does unlike AWS, by how the law that would show it begins. */
  readonly deviations?: Readonly<Record<string, string>>
}

/** Defines laws as tests; those from which the candidate deviates are shown as skipped, with the reason. */
export const lawsFor =
  ({ deviations = {} }: Pick<Candidate<unknown>, 'deviations'>) =>
  (sentence: string, test: () => Promise<void>): void => {
    const why = Object.entries(deviations).find(([beginning]) => sentence.startsWith(beginning))?.[1]
    if (why === undefined) it(sentence, test)
    else it.skip(`${sentence} (${why})`, test)
  }
