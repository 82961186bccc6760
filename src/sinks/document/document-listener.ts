import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.js'
import { type HttpAnswer, sendAnswer } from '../../shared/http/http-answer.js'
import { type ReadAccess, readAccess } from './read-access.js'

export type { ReadAccess } from './read-access.js'

/** Answers one request. Every HTTP framework for Node can call it: mount it under a path of your choice. */
export type DocumentListener = (request: IncomingMessage, response: ServerResponse) => void

export interface DocumentListenerOptions extends ReadAccess {
  /** The sink's name, for errors. */
  readonly name: string
  /** Default: `application/json`. */
  readonly contentType?: string | undefined
  /** The document's bytes, or a text that says what is still missing. */
  readonly current: () => Buffer | string
  readonly clock: Clock
}

/** The answer while something is still missing, which `text` says. */
export const notYet = (text: string): HttpAnswer => ({
  status: 503,
  text,
  headers: { 'retry-after': '2', 'cache-control': 'no-store' },
})

/** Sends a document, unless the reader is gone. */
export const sendDocument = (response: ServerResponse, document: Buffer, contentType: string): void => {
  if (response.headersSent || response.destroyed) return
  response.writeHead(200, {
    'content-type': contentType,
    'content-length': document.length,
    'cache-control': 'no-store',
  })
  // Node omits the body for HEAD.
  response.end(document)
}

/**
 * Serves JSON to pollers. GET and HEAD answer 200 with the whole document, 503 while there is none, and 401 without the
 * secret. Any other method answers 405. Never answers 304: Traefik treats every status but 200 as a failure.
 *
 * Throws an OptionError for an invalid secret or header.
 */
export const documentListener = ({
  name,
  contentType = 'application/json',
  current,
  clock,
  ...access
}: DocumentListenerOptions): DocumentListener => {
  const refusalOf = readAccess(name, access)

  return (request, response) => {
    const refuse = (answer: HttpAnswer): void => {
      sendAnswer(request, response, { ...answer, text: `${answer.text}\n` }, clock)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse({
        status: 405,
        text: 'this document is read-only: use GET or HEAD',
        headers: { allow: 'GET, HEAD' },
      })
      return
    }
    const refusal = refusalOf(request)
    if (refusal !== undefined) {
      refuse(refusal)
      return
    }
    const document = current()
    if (typeof document === 'string') refuse(notYet(document))
    else sendDocument(response, document, contentType)
  }
}
