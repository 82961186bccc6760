import type { Clock, Millis } from '../../core/clock.js'
import type { Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { amended, type Contents, type DocumentFormat, noContents, rowsOf } from './document.js'
import { missingKnowledge } from './missing-knowledge.js'

/** Records in memory that readers are to get once they are complete. */
export interface ServedRecords<V> extends Required<Pick<Sink<V>, 'local' | 'read' | 'apply' | 'synced'>> {
  /** Another map after each change; or, as long as readers must wait, a text that says what is still missing. */
  readonly current: () => ReadonlyMap<string, V> | string
}

export interface ServedRecordsOptions<V> {
  readonly format: Pick<DocumentFormat<V>, 'etagOf'>
  /** How long readers may have to wait for lack of knowledge, from the start of the worker. Default: no limit. */
  readonly patienceMs?: Millis | undefined
  /** Default: the system's. */
  readonly clock?: Clock
}

const untouched =
  'Nothing is known yet about running tasks: this worker has only just started. (A dry run never serves anything.)'

/**
 * A target in memory. It starts empty, so its readers get nothing until it holds the complete desired state. From then
 * on they get the newest state, never an intermediate one.
 */
export const servedRecords = <V>({
  format,
  patienceMs = Infinity,
  clock = systemClock,
}: ServedRecordsOptions<V>): ServedRecords<V> => {
  let contents: Contents<V> = noContents
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

  return {
    local: true,
    read: () => Promise.resolve(rowsOf(contents, format)),
    apply: (changes, owner) => {
      const after = amended(contents, changes, owner, format)
      contents = after.contents
      return Promise.resolve(after.outcomes)
    },
    synced: (desired, stopping) => {
      if (missing === undefined) return
      if (patience === undefined) bePatient(stopping)
      missing = missingIn(desired)
      if (missing === undefined) open()
    },
    current: () => missing ?? contents.records,
  }
}
