import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { WebhookListener } from '../../src/sources/webhooks/http-inbox.js'

/** A connection to nowhere: what is written is taken, and nothing ever comes. */
class SilentSocket extends Socket {
  /** All that was written. */
  written = ''

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.written += String(chunk)
    done()
  }

  override _writev(chunks: readonly { readonly chunk: unknown }[], done: () => void): void {
    for (const { chunk } of chunks) this.written += String(chunk)
    done()
  }

  override _read(): void {
    // Nothing comes.
  }
}

export interface HttpPost {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface PostAnswer {
  readonly status: number
  /** Seconds. */
  readonly retryAfter: number
}

/** Posts to a listener of Node without a connection. `answered` is called once, unless `hangUp` is before. */
export const post = (
  listener: WebhookListener,
  { headers, body }: HttpPost,
  answered: (answer: PostAnswer) => void,
): { readonly hangUp: () => void } => {
  const socket = new SilentSocket()
  const request = new IncomingMessage(socket)
  request.method = 'POST'
  request.url = '/'
  for (const [name, value] of Object.entries(headers)) {
    request.headers[name] = value
    request.rawHeaders.push(name, value)
  }
  request.push(body)
  request.push(null)
  request.complete = true
  const response = new ServerResponse(request)
  response.sendDate = false
  response.assignSocket(socket)
  let isOver = false
  response.on('finish', () => {
    if (isOver) return
    isOver = true
    response.detachSocket(socket)
    response.emit('close')
    // `getHeader` does not know what `writeHead` was given.
    const [, retryAfter = 0] = /^retry-after: (\d+)/im.exec(socket.written) ?? []
    answered({ status: response.statusCode, retryAfter: Number(retryAfter) })
  })
  listener(request, response)
  return {
    hangUp: () => {
      if (isOver) return
      isOver = true
      response.emit('close')
      request.destroy()
    },
  }
}
