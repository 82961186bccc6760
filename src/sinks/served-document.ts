import type { Clock, Millis } from '../core/clock.js'
import type { Sink } from '../core/sink.js'
import { amended, type Contents, type DocumentFormat, noContents, rowsOf } from './document.js'
import { documentListener, type DocumentListener, type ReadSecret } from './document-listener.js'
import { type Missing, missingKnowledge } from './missing-knowledge.js'

/** What a sink that serves a document has of its target. */
export interface ServedDocument<V> extends Required<Pick<Sink<V>, 'read' | 'apply' | 'settled'>> {
  readonly listener: DocumentListener
}

export interface ServedDocumentOptions<V> {
  /** The sink's name, for errors. */
  readonly name: string
  readonly format: Pick<DocumentFormat<V>, 'print' | 'etagOf'>
  readonly secret: ReadSecret | undefined
  /** How long it waits for lookups once every cluster is known. Default: for ever. */
  readonly patienceMs?: Millis | undefined
  readonly clock: Clock
}

const untouched: Missing = {
  text: 'Nothing is known yet of what runs: this worker has only just started. A dry run serves nothing, ever.',
  listed: false,
}

/**
 * A target in memory that pollers read over HTTP. It begins empty with each start, so it has no answer (503) before
 * it has come to hold everything that is desired, of every backend: pollers go on with what they had. From then on each
 * answer is the whole of the newest state, never a state in between.
 */
export const servedDocument = <V>({
  name,
  format,
  secret,
  patienceMs = Infinity,
  clock,
}: ServedDocumentOptions<V>): ServedDocument<V> => {
  let contents: Contents<V> = noContents
  /** Printed when it is asked for, once. */
  let bytes: Buffer | undefined
  let missing: Missing | undefined = untouched
  /** Since when nothing but lookups are missing. */
  let listedAt: Millis | undefined
  const missingIn = missingKnowledge()
  const current = (): Buffer | string => {
    if (listedAt !== undefined && clock.now() - listedAt >= patienceMs) missing = undefined
    return (
      missing?.text ?? (bytes ??= Buffer.from(format.print({ owner: undefined, records: contents.records })))
    )
  }

  return {
    read: () => Promise.resolve(rowsOf(contents, format)),
    apply: (changes, owner) => {
      const after = amended(contents, changes, owner, format)
      contents = after.contents
      bytes = undefined
      return Promise.resolve(after.outcomes)
    },
    settled: (desired) => {
      if (missing !== undefined) missing = missingIn(desired)
      if (missing?.listed === true) listedAt ??= clock.now()
    },
    listener: documentListener({ name, secret, clock, current }),
  }
}
