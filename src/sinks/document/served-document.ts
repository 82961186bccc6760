import type { Clock, Millis } from '../../core/clock.js'
import type { Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { amended, type Contents, type DocumentFormat, noContents, rowsOf } from './document.js'
import { documentListener, type DocumentListener, type ReadAccess } from './document-listener.js'
import { missingKnowledge } from './missing-knowledge.js'

/** `read`, `apply` and `synced` of a sink, and what its readers call. */
export interface ServedDocument<V> extends Required<Pick<Sink<V>, 'read' | 'apply' | 'synced'>> {
  readonly listener: DocumentListener
}

export interface ServedDocumentOptions<V> extends ReadAccess {
  /** The sink's name, for errors. */
  readonly name: string
  readonly format: Pick<DocumentFormat<V>, 'print' | 'etagOf'>
  /** How long it waits, from the start of the worker, for what it does not know. Default: for ever. */
  readonly patienceMs?: Millis | undefined
  /** Default: `application/json`. */
  readonly contentType?: string | undefined
  /** Default: the system's. */
  readonly clock?: Clock
}

const untouched =
  'Nothing is known yet of what runs: this worker has only just started. A dry run serves nothing, ever.'

/**
 * A target in memory that pollers read over HTTP. It is empty at each start, so it answers 503 until it holds all that
 * is desired: pollers go on with what they had. From then on each answer is the whole of the newest state, never a
 * state in between. A half-written record is never served.
 *
 * Throws a RangeError for secrets or a header that cannot be.
 */
export const servedDocument = <V>({
  name,
  format,
  patienceMs = Infinity,
  clock = systemClock,
  ...access
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
    listener: documentListener({ name, ...access, clock, current }),
  }
}
