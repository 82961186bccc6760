import type { Clock, Millis } from '../../core/clock.js'
import type { Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { amended, type Contents, type DocumentFormat, noContents, rowsOf } from './document.js'
import { documentListener, type DocumentListener, type ReadAccess } from './document-listener.js'
import { missingKnowledge } from './missing-knowledge.js'

/** What a sink that serves a document needs from its target. */
export interface ServedDocument<V> extends Required<Pick<Sink<V>, 'read' | 'apply' | 'synced'>> {
  readonly listener: DocumentListener
}

export interface ServedDocumentOptions<V> extends ReadAccess {
  /** The sink's name, for errors. */
  readonly name: string
  readonly format: Pick<DocumentFormat<V>, 'print' | 'etagOf'>
  /** How long the answer may be 503 for lack of knowledge, from the start of the worker. Default: no limit. */
  readonly patienceMs?: Millis | undefined
  /** Default: `application/json`. */
  readonly contentType?: string | undefined
  /** Default: the system's. */
  readonly clock?: Clock
}

const untouched =
  'Nothing is known yet about running tasks: this worker has only just started. (A dry run never serves anything.)'

/**
 * A target in memory that pollers read over HTTP. It starts empty, so it answers 503 until it holds the complete
 * desired state; until then pollers keep what they have. From then on each answer is the whole of the newest state,
 * never an intermediate one.
 */
export const servedDocument = <V>({
  name,
  format,
  patienceMs = Infinity,
  clock = systemClock,
  ...access
}: ServedDocumentOptions<V>): ServedDocument<V> => {
  let contents: Contents<V> = noContents
  /** Printed on the first request after a change. */
  let bytes: Buffer | undefined
  let missing: string | undefined = untouched
  /** Starts with the first round, i.e. the start of the worker; aborted once nothing is missing. */
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
    // Sleeps instead of comparing times: a clock that jumps must neither shorten nor extend the wait.
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
