import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.js'
import { sendAnswer } from '../../shared/http/http-answer.js'
import { header as headerOf, repeatedHeader } from '../../shared/http/request-head.js'
import { headerName, type Secrets, sharedSecret } from '../../shared/http/shared-secret.js'

/** Answers one request. Every HTTP framework for Node can call it: mount it under a path of your choice. */
export type DocumentListener = (request: IncomingMessage, response: ServerResponse) => void

/** Who may read a document. */
export interface ReadAccess {
  /**
   * Whole values of `secretHeader`, such as `Bearer s3cret`: a reader must send one of them. Default: every client that
   * reaches the document may read it.
   */
  readonly secrets?: Secrets | undefined
  /** Default: `authorization`. */
  readonly secretHeader?: string | undefined
}

export interface DocumentListenerOptions extends ReadAccess {
  /** The sink's name, for errors. */
  readonly name: string
  /** Default: `application/json`. */
  readonly contentType?: string | undefined
  /** The document's bytes, or a text that says what is still missing. */
  readonly current: () => Buffer | string
  readonly clock: Clock
}

/**
 * Serves JSON to pollers. GET and HEAD answer 200 with the whole document, 503 while there is none, and 401 without the
 * secret. Any other method answers 405. Never answers 304: Traefik treats every status but 200 as a failure.
 *
 * Throws an OptionError for an invalid secret or header.
 */
export const documentListener = ({
  name,
  secrets,
  secretHeader = 'authorization',
  contentType = 'application/json',
  current,
  clock,
}: DocumentListenerOptions): DocumentListener => {
  const header = headerName(`${name}: secretHeader`, secretHeader)
  const isSecret = secrets === undefined ? () => true : sharedSecret(`${name}: secrets`, secrets)

  return (request, response) => {
    const refuse = (status: number, text: string, headers: Readonly<Record<string, string>>): void => {
      sendAnswer(request, response, { status, text: `${text}\n`, headers }, clock)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(405, 'this document is read-only: use GET or HEAD', { allow: 'GET, HEAD' })
      return
    }
    if (secrets !== undefined && repeatedHeader(request, [header]) !== undefined) {
      refuse(400, `the header ${header} was sent more than once`, {})
      return
    }
    if (!isSecret(headerOf(request, header))) {
      const challenge = header === 'authorization' ? 'Bearer' : 'ApiKey'
      refuse(401, `the header ${header} does not contain a valid secret`, { 'www-authenticate': challenge })
      return
    }
    const document = current()
    if (typeof document === 'string') {
      refuse(503, document, { 'retry-after': '2', 'cache-control': 'no-store' })
      return
    }
    if (response.headersSent || response.destroyed) return
    response.writeHead(200, {
      'content-type': contentType,
      'content-length': document.length,
      'cache-control': 'no-store',
    })
    // Node omits the body for HEAD.
    response.end(document)
  }
}
