import type { ServerResponse } from 'node:http'
import type { Overview } from '../../inspector/overview.js'

/** How long a browser waits before it reconnects, in milliseconds. */
const retryMs = 3_000

/** Sends overviews to one client. While the client does not read, only the newest one is remembered. */
export class OverviewStream {
  #newest: Overview | undefined
  #isBlocked = false

  constructor(private readonly response: ServerResponse) {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // A connection that is kept alive after the end would delay the close of the server.
      connection: 'close',
      // Nginx would otherwise buffer events until it has a few kilobytes.
      'x-accel-buffering': 'no',
    })
    this.#write(`retry: ${retryMs}\n\n`)
    response.on('drain', () => {
      this.#isBlocked = false
      this.#pump()
    })
  }

  show(overview: Overview): void {
    this.#newest = overview
    this.#pump()
  }

  beat(): void {
    if (!this.#isBlocked) this.#write(': heartbeat\n\n')
  }

  end(): void {
    // One that does not read would never get the end.
    if (this.#isBlocked) this.response.destroy()
    else this.response.end()
  }

  #pump(): void {
    const overview = this.#newest
    if (overview === undefined || this.#isBlocked) return
    this.#newest = undefined
    // The JSON contains no line breaks.
    this.#write(`event: overview\ndata: ${JSON.stringify(overview)}\n\n`)
  }

  #write(text: string): void {
    if (this.response.writableEnded || this.response.destroyed) return
    if (!this.response.write(text)) this.#isBlocked = true
  }
}
