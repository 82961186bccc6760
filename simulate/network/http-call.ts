import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

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

export interface HttpCall {
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface CallAnswer {
  readonly status: number
  /** Seconds. */
  readonly retryAfter: number
  readonly body: string
}

/** Calls a listener of Node without a connection. `answered` is called once, unless `hangUp` is before. */
export const call = (
  listener: RequestListener,
  { method, headers, body }: HttpCall,
  answered: (answer: CallAnswer) => void,
): { readonly hangUp: () => void } => {
  const socket = new SilentSocket()
  const request = new IncomingMessage(socket)
  request.method = method
  request.url = '/'
  for (const [name, value] of Object.entries(headers)) {
    request.headers[name] = value
    request.rawHeaders.push(name, value)
  }
  if (body !== '') request.push(body)
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
    const { written } = socket
    // `getHeader` does not know what `writeHead` was given.
    const [, retryAfter = 0] = /^retry-after: (\d+)/im.exec(written) ?? []
    answered({
      status: response.statusCode,
      retryAfter: Number(retryAfter),
      body: written.slice(written.indexOf('\r\n\r\n') + 4),
    })
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
