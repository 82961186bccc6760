import type { ServerResponse } from 'node:http'
import type { ChangeFeed, FedChange } from './change-feed.js'

/** How long a browser waits before it comes again, in milliseconds. */
const retryMs = 3_000

/** A server-sent event; JSON has no line breaks of its own. */
export const block = (event: string, id: string, data: object): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`

export interface EventStreamOptions {
  readonly feed: ChangeFeed
  readonly accepts: (change: FedChange) => boolean
  readonly render: (number: number, change: FedChange) => string
  readonly onLost: () => void
}

/** One client's place in the feed, and its connection. */
export class EventStream {
  /** The number of the last change that is written, or left out. */
  #at: number
  #isBlocked = false

  constructor(
    private readonly response: ServerResponse,
    /** `undefined`: what it saw last is not in the feed. */
    since: number | undefined,
    private readonly options: EventStreamOptions,
  ) {
    const { feed } = options
    this.#at = since ?? feed.newest
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Nginx would hold events back until it has a few kilobytes of them.
      'x-accel-buffering': 'no',
    })
    this.#write(`retry: ${retryMs}\nid: ${feed.idOf(this.#at)}\n\n`)
    if (since === undefined) this.#write(this.#reset('what you saw last is not known here'))
    response.on('drain', () => {
      this.#isBlocked = false
      this.pump()
    })
  }

  /** Writes what there is, as far as the client takes it. */
  pump(): void {
    const { feed, accepts, render, onLost } = this.options
    if (this.#isOver) return
    if (!feed.reaches(this.#at)) {
      onLost()
      // It may never take more than what it has not taken so far.
      if (this.#isBlocked) this.response.destroy()
      else this.response.end(this.#reset('you are too slow'))
      return
    }
    while (!this.#isBlocked) {
      const change = feed.at(this.#at + 1)
      if (change === undefined) return
      this.#at++
      if (accepts(change)) this.#write(render(this.#at, change))
    }
  }

  /** With its place, so that one for whom there was nothing does not fall behind. */
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
    return block('reset', feed.idOf(feed.newest), { reason: `${why}: list the tasks anew` })
  }

  #write(text: string): void {
    if (!this.#isOver && !this.response.write(text)) this.#isBlocked = true
  }
}
