import type { IncomingMessage } from 'node:http'
import type { HttpAnswer } from '../../shared/http/http-answer.js'
import { header as headerOf, repeatedHeader } from '../../shared/http/request-head.js'
import { headerName, type Secrets, sharedSecret } from '../../shared/http/shared-secret.js'

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

/**
 * Returns a function that says why a request may not read, as an answer; `undefined` if it may. Throws an OptionError
 * for an invalid secret or header. `name`: the sink's, for errors.
 */
export const readAccess = (
  name: string,
  { secrets, secretHeader = 'authorization' }: ReadAccess,
): ((request: IncomingMessage) => HttpAnswer | undefined) => {
  const header = headerName(`${name}: secretHeader`, secretHeader)
  if (secrets === undefined) return () => undefined
  const isSecret = sharedSecret(`${name}: secrets`, secrets)
  return (request) => {
    if (repeatedHeader(request, [header]) !== undefined)
      return { status: 400, text: `the header ${header} was sent more than once` }
    if (isSecret(headerOf(request, header))) return undefined
    return {
      status: 401,
      text: `the header ${header} does not contain a valid secret`,
      headers: { 'www-authenticate': header === 'authorization' ? 'Bearer' : 'ApiKey' },
    }
  }
}
