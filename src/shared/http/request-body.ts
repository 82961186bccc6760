import type { IncomingMessage } from 'node:http'
import type { BodyPlace } from './body-room.js'

export type RequestBody =
  | { readonly _tag: 'Whole'; readonly text: string }
  /** More than the bound, as announced or as it came. The rest is unread. */
  | { readonly _tag: 'TooLarge' }
  /** There is no room for it, or not any more. The rest is unread. */
  | { readonly _tag: 'NoRoom' }
  /** The sender has gone, or it took too long. */
  | { readonly _tag: 'CutOff' }
  /** Somebody has read it before us, and left it nowhere. */
  | { readonly _tag: 'Gone' }

export interface BodyBounds {
  readonly maxBytes: number
  /** Where it is held. That this place is given up ends the reading. */
  readonly place: BodyPlace
}

const whole = (text: string, { maxBytes, place }: BodyBounds): RequestBody => {
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) return { _tag: 'TooLarge' }
  return place.grow(bytes) ? { _tag: 'Whole', text } : { _tag: 'NoRoom' }
}

/**
 * What a framework's body parser has left in `request.body`. An object is written out again: what it says is the
 * same.
 */
const parsed = (request: IncomingMessage, bounds: BodyBounds): RequestBody => {
  const body: unknown = 'body' in request ? request.body : undefined
  if (typeof body === 'string') return whole(body, bounds)
  if (body instanceof Uint8Array) return whole(Buffer.from(body).toString(), bounds)
  return typeof body === 'object' && body !== null ? whole(JSON.stringify(body), bounds) : { _tag: 'Gone' }
}

/**
 * Bytes in one piece, however small the pieces are in which they came: each of those costs far more than its bytes. Its
 * capacity doubles, so that it is moved a few times only.
 */
class Gathered {
  #buffer = Buffer.alloc(0)
  #length = 0

  constructor(private readonly bounds: BodyBounds) {}

  /** Says why it takes no more. */
  add(chunk: Buffer): 'TooLarge' | 'NoRoom' | undefined {
    const { maxBytes, place } = this.bounds
    const length = this.#length + chunk.length
    if (length > maxBytes) return 'TooLarge'
    if (length > this.#buffer.length) {
      const capacity = Math.min(maxBytes, Math.max(length, 2 * this.#buffer.length))
      if (!place.grow(capacity - this.#buffer.length)) return 'NoRoom'
      const larger = Buffer.allocUnsafeSlow(capacity)
      this.#buffer.copy(larger)
      this.#buffer = larger
    }
    chunk.copy(this.#buffer, this.#length)
    this.#length = length
    return undefined
  }

  text(): string {
    return this.#buffer.toString('utf8', 0, this.#length)
  }
}

/**
 * Reads the body of a request, or takes it from `request.body` if a framework has read the stream already. While the
 * stream is unread, `request.body` means nothing: some parsers put an empty object there for content types that they
 * leave alone, such as SNS's text/plain.
 */
export const requestBody = (request: IncomingMessage, bounds: BodyBounds): Promise<RequestBody> => {
  if (request.readableDidRead) return Promise.resolve(parsed(request, bounds))
  const { maxBytes, place } = bounds
  if (Number(request.headers['content-length']) > maxBytes) return Promise.resolve({ _tag: 'TooLarge' })
  return new Promise((resolve) => {
    const gathered = new Gathered(bounds)
    const end = (body: RequestBody): void => {
      request.off('data', onData).off('end', onEnd).off('close', onCutOff)
      place.signal.removeEventListener('abort', onCutOff)
      resolve(body)
    }
    const onData = (chunk: Buffer): void => {
      const refusal = gathered.add(chunk)
      if (refusal !== undefined) end({ _tag: refusal })
    }
    const onEnd = (): void => {
      place.complete()
      end({ _tag: 'Whole', text: gathered.text() })
    }
    const onCutOff = (): void => end({ _tag: place.isLetGo ? 'NoRoom' : 'CutOff' })
    if (place.signal.aborted || request.destroyed) {
      onCutOff()
      return
    }
    // Stays: a stream that fails without a listener for it would end the process.
    request.on('error', onCutOff)
    place.signal.addEventListener('abort', onCutOff)
    request.on('data', onData).on('end', onEnd).on('close', onCutOff)
  })
}
