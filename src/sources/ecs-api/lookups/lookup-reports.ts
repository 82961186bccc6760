import type { Clock, Millis } from '../../../core/clock.js'
import type { Notice } from '../../../core/source.js'
import type { LookupFailure } from './lookup-failure.js'

/** How long refusals of one kind are collected after the first report. */
const windowMs: Millis = 60_000

/** Maximum length of the message in one notice, in characters. */
const mostText = 1_000

/** @param name The kind of refusal, from a closed set. */
export type RefusalReport = (failure: LookupFailure, name: string, retryIn: Millis, advice?: string) => void

/** The text, truncated to `most` characters. */
export const shortened = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most)}…` : text

interface Kind {
  /** Number of keys that were refused since the last notice. */
  more: number
  last: { readonly message: string; readonly cause: unknown; readonly retryIn: Millis } | undefined
}

/**
 * Reports refusals: the first of a kind at once, and further ones collected once a minute, so that a permission that is
 * missing for 10,000 keys causes a few notices and not 10,000.
 */
export const refusalReports = (
  emit: (notice: Notice) => void,
  clock: Clock,
  signal: AbortSignal,
): RefusalReport => {
  /** By operation and name, both from closed sets. */
  const kinds = new Map<string, Kind>()

  /** The log suppresses repetitions by operation and name, so the name distinguishes kinds there, too. */
  const tell = (operation: string, name: string, message: string, cause: unknown, retryIn: Millis): void => {
    const error = new Error(message, { cause })
    error.name = name
    emit({ _tag: 'SourceFailed', operation, error, retryIn })
  }

  const collect = async (operation: string, name: string, kind: Kind): Promise<void> => {
    for (;;) {
      await clock.sleep(windowMs, signal)
      if (signal.aborted) return
      if (kind.last === undefined) break
      const { message, cause, retryIn } = kind.last
      tell(operation, name, `${kind.more} more in the last minute, such as ${message}`, cause, retryIn)
      kind.more = 0
      kind.last = undefined
    }
    kinds.delete(`${operation} ${name}`)
  }

  return ({ operation, error, keys }, name, retryIn, advice = '') => {
    const { cause } = error
    const message = `${shortened(error.message, mostText)}${advice}`
    const kind = kinds.get(`${operation} ${name}`)
    if (kind !== undefined) {
      kind.more += keys.length
      kind.last = { message, cause, retryIn }
      return
    }
    tell(operation, name, message, cause, retryIn)
    const made: Kind = { more: 0, last: undefined }
    kinds.set(`${operation} ${name}`, made)
    void collect(operation, name, made)
  }
}
