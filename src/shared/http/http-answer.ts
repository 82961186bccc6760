import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Millis } from '../../core/clock.js'

/** What a sender is told: a status that it acts on, and a text for whoever reads its logs. */
export interface HttpAnswer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * How long the rest of a request that is already answered may go on: closing at once would often destroy the answer
 * on its way.
 */
const lingerMs: Millis = 5_000

/** Reads the rest of a request away, and cuts it off if there is no end to it. */
const drain = (request: IncomingMessage, clock: Clock): void => {
  if (request.complete || request.destroyed) return
  const ended = new AbortController()
  request.once('close', () => ended.abort())
  request.resume()
  void clock.sleep(lingerMs, ended.signal).then(() => {
    if (!ended.signal.aborted) request.destroy()
  })
}

/** Answers a request, unless its sender has gone or somebody else has answered. */
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
