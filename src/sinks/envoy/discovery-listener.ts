import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../core/clock.js'
import { BodyRoom } from '../../shared/http/body-room.js'
import { clientAddress } from '../../shared/http/client-address.js'
import { type HttpAnswer, sendAnswer } from '../../shared/http/http-answer.js'
import { type RequestBody, requestBody } from '../../shared/http/request-body.js'
import { type DocumentListener, notYet, sendDocument } from '../document/document-listener.js'
import { type ReadAccess, readAccess } from '../document/read-access.js'
import { type DiscoveryRequest, discoveryRequest } from './discovery-request.js'
import type { DiscoveryResponse } from './discovery-response.js'

/** Envoy 1.40 sends 77 kB with each request: the names of all its extensions. */
const maxBodyBytes = 1024 * 1024

/** Memory for the bodies of a few hundred Envoys that ask at the same moment; three quarters of it for one address. */
const room = {
  bytes: 32 * 1024 * 1024,
  bytesPerClient: 24 * 1024 * 1024,
  bytesPerRequest: 4 * 1024,
} as const

export interface DiscoveryListenerOptions extends ReadAccess {
  /** The sink's name, for errors. */
  readonly name: string
  /** A text says what is still missing. */
  readonly missing: () => string | undefined
  readonly responseTo: (request: DiscoveryRequest) => DiscoveryResponse | string
  readonly clock: Clock
}

const busy: HttpAnswer = { status: 503, text: 'too many requests at once', headers: { 'retry-after': '2' } }

/** Why there is no request in a body. */
const bodyFault = (body: Exclude<RequestBody, { _tag: 'Whole' }>): HttpAnswer => {
  switch (body._tag) {
    case 'TooLarge':
      return { status: 413, text: `the body has more than ${maxBodyBytes} bytes` }
    case 'NoRoom':
      return busy
    case 'CutOff':
      return { status: 408, text: 'the body ended early' }
    case 'Gone':
      return { status: 500, text: 'the body has already been read: mount this before any body parser' }
  }
}

/**
 * Answers Envoy's REST discovery: POST with a `DiscoveryRequest` is answered 200 with a `DiscoveryResponse`, 304 if the
 * reader has that version, 503 while something is missing, 401 without the secret, and 400 if the request cannot be
 * read. Any other method is answered 405. Bodies are bounded, each and all together.
 *
 * Throws an OptionError for an invalid secret or header.
 */
export const discoveryListener = ({
  name,
  missing,
  responseTo,
  clock,
  ...access
}: DiscoveryListenerOptions): DocumentListener => {
  const refusalOf = readAccess(name, access)
  const bodies = new BodyRoom(room)

  const admitted = (request: IncomingMessage): HttpAnswer | undefined => {
    if (request.method !== 'POST')
      return {
        status: 405,
        text: 'this is for Envoy: use POST, as api_type: REST does',
        headers: { allow: 'POST' },
      }
    const refusal = refusalOf(request)
    if (refusal !== undefined) return refusal
    const what = missing()
    return what === undefined ? undefined : notYet(what)
  }

  const answerTo = async (request: IncomingMessage): Promise<HttpAnswer | Buffer> => {
    const refusal = admitted(request)
    if (refusal !== undefined) return refusal
    const place = bodies.enter(clientAddress(request.socket))
    try {
      const body = await requestBody(request, { maxBytes: maxBodyBytes, place })
      if (body._tag !== 'Whole') return bodyFault(body)
      const asked = discoveryRequest(body.text)
      if (typeof asked === 'string') return { status: 400, text: asked }
      const response = responseTo(asked)
      if (typeof response === 'string') return notYet(response)
      return response.version === asked.version ? { status: 304, text: '' } : response.bytes()
    } finally {
      place.leave()
    }
  }

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await answerTo(request).catch((): HttpAnswer => ({ status: 500, text: 'internal error' }))
    if (Buffer.isBuffer(answer)) sendDocument(response, answer, 'application/json')
    else if (answer.status !== 304)
      sendAnswer(request, response, { ...answer, text: `${answer.text}\n` }, clock)
    else if (!response.headersSent && !response.destroyed) response.writeHead(304).end()
  }

  return (request, response) => void respond(request, response)
}
