import type { ServerResponse } from 'node:http'
import type { ChangeFeed, FedChange } from './change-feed.js'

/** How long a browser waits before it reconnects, in milliseconds. */
const retryMs = 3_000

/** A server-sent event. The JSON contains no line breaks. */
export const block = (event: string, id: string, data: object): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`

export interface EventStreamOptions {
  readonly feed: ChangeFeed
  readonly accepts: (change: FedChange) => boolean
  readonly render: (number: number, change: FedChange) => string
  readonly onLost: () => void
}

/** One client's position in the feed, and its connection. */
export class EventStream {
  /** The number of the last change that was written or filtered out. */
  #at: number
  #isBlocked = false

  constructor(
    private readonly response: ServerResponse,
    /** `undefined` if the client's last event is not in the feed. */
    since: number | undefined,
    private readonly options: EventStreamOptions,
  ) {
    const { feed } = options
    this.#at = since ?? feed.newest
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Nginx would otherwise buffer events until it has a few kilobytes.
      'x-accel-buffering': 'no',
    })
    this.#write(`retry: ${retryMs}\nid: ${feed.idOf(this.#at)}\n\n`)
    if (since === undefined) this.#write(this.#reset('the last event you saw is not available'))
    response.on('drain', () => {
      this.#isBlocked = false
      this.pump()
    })
  }

  /** Writes pending changes until the connection is congested. */
  pump(): void {
    const { feed, accepts, render, onLost } = this.options
    if (this.#isOver) return
    if (!feed.reaches(this.#at)) {
      onLost()
      // A blocked client may never read a final message.
      if (this.#isBlocked) this.response.destroy()
      else this.response.end(this.#reset('the client is too slow'))
      return
    }
    while (!this.#isBlocked) {
      const change = feed.at(this.#at + 1)
      if (change === undefined) return
      this.#at++
      if (accepts(change)) this.#write(render(this.#at, change))
    }
  }

  /** Sends a heartbeat with the current id, so that a client whose filter accepts nothing does not fall behind. */
  beat(): void {
    if (!this.#isBlocked) this.#write(`: heartbeat\nid: ${this.options.feed.idOf(this.#at)}\n\n`)
  }

  end(): void {
    this.response.end()
  }

  get #isOver(): boolean {
    return this.response.writableEnded || this.response.destroyed
  }

  #reset(why: string): string {
    const { feed } = this.options
    return block('reset', feed.idOf(feed.newest), { reason: `${why}: list the tasks again` })
  }

  #write(text: string): void {
    if (!this.#isOver && !this.response.write(text)) this.#isBlocked = true
  }
}
