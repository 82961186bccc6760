import type { IncomingMessage } from 'node:http'

/** A header with a single value. Node joins most repeated headers: see `repeatedHeader`. */
export const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/**
 * The first of these headers (in lower case) that was sent more than once. This server and a proxy in front of it could
 * trust different values.
 */
export const repeatedHeader = (
  { rawHeaders }: IncomingMessage,
  names: readonly string[],
): string | undefined =>
  names.find((name) => rawHeaders.filter((raw, i) => i % 2 === 0 && raw.toLowerCase() === name).length > 1)
