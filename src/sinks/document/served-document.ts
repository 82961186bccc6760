import type { Clock, Millis } from '../../core/clock.js'
import type { Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import type { DocumentFormat } from './document.js'
import { documentListener, type DocumentListener, type ReadAccess } from './document-listener.js'
import { servedRecords } from './served-records.js'

/** What a sink that serves a document needs from its target. */
export interface ServedDocument<V> extends Required<Pick<Sink<V>, 'local' | 'read' | 'apply' | 'synced'>> {
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

/**
 * A target in memory that pollers read over HTTP. It starts empty, so it answers 503 until it holds the complete
 * desired state; until then pollers keep what they have. From then on each answer is the whole of the newest state,
 * never an intermediate one.
 */
export const servedDocument = <V>({
  name,
  format,
  patienceMs,
  clock = systemClock,
  ...access
}: ServedDocumentOptions<V>): ServedDocument<V> => {
  const { current, ...target } = servedRecords({ format, patienceMs, clock })
  /** Printed on the first request after a change. */
  let printed: { readonly records: ReadonlyMap<string, V>; readonly bytes: Buffer } | undefined

  const document = (): Buffer | string => {
    const records = current()
    if (typeof records === 'string') return records
    if (printed?.records !== records)
      printed = { records, bytes: Buffer.from(format.print({ owner: undefined, records })) }
    return printed.bytes
  }

  return { ...target, listener: documentListener({ name, ...access, clock, current: document }) }
}
