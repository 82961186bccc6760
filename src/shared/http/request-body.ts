import type { IncomingMessage } from 'node:http'
import type { BodyPlace } from './body-room.js'

export type RequestBody =
  | { readonly _tag: 'Whole'; readonly text: string }
  /** The body is larger than `maxBytes`, by its `content-length` or its actual size. The rest is unread. */
  | { readonly _tag: 'TooLarge' }
  /** There is no room for the body, or it was evicted. The rest is unread. */
  | { readonly _tag: 'NoRoom' }
  /** The sender disconnected or took too long. */
  | { readonly _tag: 'CutOff' }
  /** Something else has read the stream without keeping the body. */
  | { readonly _tag: 'Gone' }

export interface BodyBounds {
  readonly maxBytes: number
  /** The memory for the body. Reading ends if this place is released. */
  readonly place: BodyPlace
}

const whole = (text: string, { maxBytes, place }: BodyBounds): RequestBody => {
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) return { _tag: 'TooLarge' }
  return place.grow(bytes) ? { _tag: 'Whole', text } : { _tag: 'NoRoom' }
}

/** The body as a framework's parser has left it in `request.body`. An object is converted back to equivalent JSON. */
const parsed = (request: IncomingMessage, bounds: BodyBounds): RequestBody => {
  const body: unknown = 'body' in request ? request.body : undefined
  if (typeof body === 'string') return whole(body, bounds)
  if (body instanceof Uint8Array) return whole(Buffer.from(body).toString(), bounds)
  return typeof body === 'object' && body !== null ? whole(JSON.stringify(body), bounds) : { _tag: 'Gone' }
}

/**
 * Collects chunks in one buffer, because many small chunks cost far more memory than their bytes. The capacity doubles,
 * so the buffer is copied only a few times.
 */
class Gathered {
  #buffer = Buffer.alloc(0)
  #length = 0

  constructor(private readonly bounds: BodyBounds) {}

  /** Returns why the chunk cannot be added, or `undefined` on success. */
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
 * Reads the body of a request, or takes it from `request.body` if a framework has already read the stream. While the
 * stream is unread, `request.body` is ignored: some parsers set it to an empty object for content types that they do
 * not parse, such as SNS's text/plain.
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
    // Never removed: an error without a listener would end the process.
    request.on('error', onCutOff)
    place.signal.addEventListener('abort', onCutOff)
    request.on('data', onData).on('end', onEnd).on('close', onCutOff)
  })
}
