import type { ChangeFeed, FedChange } from './change-feed.js'
import { block, EventStream } from './event-stream.js'
import { type Answer, type Asked, later } from '../openapi/operation.js'
import { FilteredTasks } from '../index/task-filter.js'
import type { TaskIndex } from '../index/task-index.js'
import { taskJson } from '../index/task-json.js'

export interface EventStreamsOptions {
  readonly index: TaskIndex
  readonly feed: ChangeFeed
  /** Maximum number of concurrent clients. */
  readonly maxClients: number
  /** Called when a client was too slow. */
  readonly onDropped?: () => void
}

/**
 * Sends the feed as server-sent events to many clients. A client is a position in the feed and has no buffer, so that a
 * slow client costs no more than a fast one. A client that has fallen out of the feed is asked to list the tasks again.
 */
export class EventStreams {
  /** In the order of connection, with the address that each client counts for. */
  readonly #clients = new Map<EventStream, string>()
  /** The last rendered change, because all clients need the same one next. */
  #rendered: { readonly number: number; readonly text: string } | undefined
  #closed = false

  constructor(private readonly options: EventStreamsOptions) {
    options.feed.onPush(() => {
      for (const client of this.#clients.keys()) client.pump()
    })
  }

  get size(): number {
    return this.#clients.size
  }

  /**
   * Opens a stream that continues after `Last-Event-ID`, or from now on. At the limit, the address with the most
   * streams loses its oldest one to an address that has at least two fewer; that client reconnects and continues where
   * it left off. One address therefore cannot shut out others, and clients behind one address do not keep evicting each
   * other.
   */
  answer({ query, lastEventId = query.after, address }: Asked): Answer {
    const { index, feed, maxClients } = this.options
    if (this.#closed || (this.#clients.size >= maxClients && !this.#makeRoomFor(address)))
      return later(`the limit of ${maxClients} streams is reached`, 30)
    const { cluster, service, family } = query
    const tasks = new FilteredTasks(index, { cluster, service, family })
    return {
      _tag: 'Stream',
      open: (response) => {
        const since = lastEventId === undefined ? feed.newest : feed.numberOf(lastEventId)
        const client = new EventStream(response, since, {
          feed,
          accepts: ({ record }) => tasks.accepts(record),
          render: (number, change) => this.#render(number, change),
          onLost: () => this.options.onDropped?.(),
        })
        this.#clients.set(client, address)
        response.once('close', () => this.#clients.delete(client))
        client.pump()
      },
    }
  }

  /** Sends heartbeats, so that clients and proxies keep the connections open. */
  beat(): void {
    for (const client of this.#clients.keys()) client.beat()
  }

  close(): void {
    this.#closed = true
    for (const client of this.#clients.keys()) client.end()
  }

  #makeRoomFor(address: string): boolean {
    const held = new Map<string, number>()
    for (const each of this.#clients.values()) held.set(each, (held.get(each) ?? 0) + 1)
    const most = Math.max(0, ...held.values())
    if ((held.get(address) ?? 0) > most - 2) return false
    for (const [client, each] of this.#clients)
      if (held.get(each) === most) {
        client.end()
        this.#clients.delete(client)
        return true
      }
    return false
  }

  #render(number: number, { kind, record }: FedChange): string {
    if (this.#rendered?.number !== number) {
      const { arn, id } = record
      const data = kind === 'removed' ? { arn, id } : taskJson(this.options.index, record)
      this.#rendered = { number, text: block(kind, this.options.feed.idOf(number), data) }
    }
    return this.#rendered.text
  }
}
