import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Millis } from '../../core/clock.js'

/** A response: a status that the sender acts on, and a text for the reader of its logs. */
export interface HttpAnswer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * How long the rest of an answered request is read before its connection is cut. Closing at once would often destroy
 * the response in transit.
 */
const lingerMs: Millis = 5_000

/** Reads and discards the rest of a request, and cuts the connection after `lingerMs`. */
const drain = (request: IncomingMessage, clock: Clock): void => {
  if (request.complete || request.destroyed) return
  const ended = new AbortController()
  request.once('close', () => ended.abort())
  request.resume()
  void clock.sleep(lingerMs, ended.signal).then(() => {
    if (!ended.signal.aborted) request.destroy()
  })
}

/** Sends a response, unless the sender is gone or a response has already been sent. */
export const sendAnswer = (
  request: IncomingMessage,
  response: ServerResponse,
  { status, text, headers = {} }: HttpAnswer,
  clock: Clock,
): void => {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, {
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
  drain(request, clock)
}
