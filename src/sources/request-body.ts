import type { IncomingMessage } from 'node:http'

export type RequestBody =
  | { readonly _tag: 'Whole'; readonly text: string }
  /** More than the bound, as announced or as it came. The rest is unread. */
  | { readonly _tag: 'TooLarge' }
  /** There is no room for it now. The rest is unread. */
  | { readonly _tag: 'NoRoom' }
  /** The sender has gone, or it took too long. */
  | { readonly _tag: 'CutOff' }
  /** Somebody has read it before us, and left it nowhere. */
  | { readonly _tag: 'Gone' }

export interface BodyBounds {
  readonly maxBytes: number
  /** Asked for each piece; what it grants is held until the request is done with. */
  readonly room: (bytes: number) => boolean
  readonly signal: AbortSignal
}

const whole = (text: string, maxBytes: number): RequestBody =>
  Buffer.byteLength(text) > maxBytes ? { _tag: 'TooLarge' } : { _tag: 'Whole', text }

/**
 * What a framework's body parser has left in `request.body`. An object is written out again: what it says is the
 * same.
 */
const parsed = (request: IncomingMessage, maxBytes: number): RequestBody => {
  const body: unknown = 'body' in request ? request.body : undefined
  if (typeof body === 'string') return whole(body, maxBytes)
  if (body instanceof Uint8Array) return whole(Buffer.from(body).toString(), maxBytes)
  return typeof body === 'object' && body !== null ? whole(JSON.stringify(body), maxBytes) : { _tag: 'Gone' }
}

/**
 * Reads the body of a request, or takes it from `request.body` if a framework has read the stream already. While the
 * stream is unread, `request.body` means nothing: some parsers put an empty object there for content types that they
 * leave alone, such as SNS's text/plain.
 */
export const requestBody = (
  request: IncomingMessage,
  { maxBytes, room, signal }: BodyBounds,
): Promise<RequestBody> => {
  if (request.readableDidRead) return Promise.resolve(parsed(request, maxBytes))
  if (Number(request.headers['content-length']) > maxBytes) return Promise.resolve({ _tag: 'TooLarge' })
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const end = (body: RequestBody): void => {
      request.off('data', onData).off('end', onEnd).off('close', onCutOff)
      signal.removeEventListener('abort', onCutOff)
      resolve(body)
    }
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > maxBytes) end({ _tag: 'TooLarge' })
      else if (room(chunk.length)) chunks.push(chunk)
      else end({ _tag: 'NoRoom' })
    }
    const onEnd = (): void => end({ _tag: 'Whole', text: Buffer.concat(chunks).toString() })
    const onCutOff = (): void => end({ _tag: 'CutOff' })
    if (signal.aborted || request.destroyed) {
      onCutOff()
      return
    }
    // Stays: a stream that fails without a listener for it would end the process.
    request.on('error', onCutOff)
    signal.addEventListener('abort', onCutOff)
    request.on('data', onData).on('end', onEnd).on('close', onCutOff)
  })
}
