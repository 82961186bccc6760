import type { Clock, Millis } from '../../core/clock.js'
import type { Sink } from '../../core/sink.js'
import { amended, type Contents, type DocumentFormat, noContents, rowsOf } from './document.js'
import { documentListener, type DocumentListener, type ReadSecret } from './document-listener.js'
import { missingKnowledge } from './missing-knowledge.js'

/** What a sink that serves a document has of its target. */
export interface ServedDocument<V> extends Required<Pick<Sink<V>, 'read' | 'apply' | 'synced'>> {
  readonly listener: DocumentListener
}

export interface ServedDocumentOptions<V> {
  /** The sink's name, for errors. */
  readonly name: string
  readonly format: Pick<DocumentFormat<V>, 'print' | 'etagOf'>
  readonly secret: ReadSecret | undefined
  /** How long it waits, from the start of the worker, for what it does not know. Default: for ever. */
  readonly patienceMs?: Millis | undefined
  readonly clock: Clock
}

const untouched =
  'Nothing is known yet of what runs: this worker has only just started. A dry run serves nothing, ever.'

/**
 * A target in memory that pollers read over HTTP. It begins empty with each start, so it has no answer (503) before
 * it holds all that is desired: pollers go on with what they had. From then on each answer is the whole of the newest
 * state, never a state in between.
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
  let missing: string | undefined = untouched
  /** Runs from the first round, which is the start of the worker; aborted when nothing is waited for any more. */
  let patience: AbortController | undefined
  const missingIn = missingKnowledge()

  const open = (): void => {
    missing = undefined
    patience?.abort()
  }

  const bePatient = (stopping: AbortSignal | undefined): void => {
    const waits = new AbortController()
    patience = waits
    if (patienceMs === Infinity) return
    stopping?.addEventListener('abort', () => waits.abort(), { once: true })
    // Slept, not compared: a clock that jumps must neither shorten nor prolong it.
    void clock.sleep(patienceMs, waits.signal).then(() => {
      if (!waits.signal.aborted) open()
    })
  }

  const current = (): Buffer | string =>
    missing ?? (bytes ??= Buffer.from(format.print({ owner: undefined, records: contents.records })))

  return {
    read: () => Promise.resolve(rowsOf(contents, format)),
    apply: (changes, owner) => {
      const after = amended(contents, changes, owner, format)
      contents = after.contents
      bytes = undefined
      return Promise.resolve(after.outcomes)
    },
    synced: (desired, stopping) => {
      if (missing === undefined) return
      if (patience === undefined) bePatient(stopping)
      missing = missingIn(desired)
      if (missing === undefined) open()
    },
    listener: documentListener({ name, secret, clock, current }),
  }
}
