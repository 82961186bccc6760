import type { IncomingMessage } from 'node:http'

/** A header that was given once. Node joins most headers that come twice: see `repeatedHeader`. */
export const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/**
 * The first of these headers (in lower case) that was sent more than once: of two values, one of us and the proxies
 * before us would believe the other.
 */
export const repeatedHeader = (
  { rawHeaders }: IncomingMessage,
  names: readonly string[],
): string | undefined =>
  names.find((name) => rawHeaders.filter((raw, i) => i % 2 === 0 && raw.toLowerCase() === name).length > 1)
