import type { ChangeFeed, FedChange } from './change-feed.js'
import { block, EventStream } from './event-stream.js'
import { type Answer, type Asked, later } from '../openapi/operation.js'
import { FilteredTasks } from '../index/task-filter.js'
import type { TaskIndex } from '../index/task-index.js'
import { taskView } from '../index/task-view.js'

export interface EventStreamsOptions {
  readonly index: TaskIndex
  readonly feed: ChangeFeed
  /** The most clients at once. */
  readonly maxClients: number
  /** Told when a client was too slow. */
  readonly onDropped?: () => void
}

/**
 * The feed as server-sent events, to many clients. A client is a place in the feed: what is not sent yet waits there
 * and nowhere else, so that a client costs the same however slow it is, and one that the feed has left behind is told
 * to list anew.
 */
export class EventStreams {
  /** In the order in which they came, with the address that each counts for. */
  readonly #clients = new Map<EventStream, string>()
  /** All clients want the same next. */
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
   * To continue after `Last-Event-ID`, or from now on. When all places are taken, an address that holds most of them
   * gives up its oldest one for an address that holds at least two fewer: that client comes back where it left off. So
   * one address cannot shut out others, and clients behind one address do not push each other out for ever.
   */
  answer({ query, lastEventId = query.after, address }: Asked): Answer {
    const { index, feed, maxClients } = this.options
    if (this.#closed || (this.#clients.size >= maxClients && !this.#makeRoomFor(address)))
      return later(`there are ${maxClients} streams already`, 30)
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

  /** Lets clients and what is between see that the connection lives. */
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
      const data = kind === 'removed' ? { arn, id } : taskView(this.options.index, record)
      this.#rendered = { number, text: block(kind, this.options.feed.idOf(number), data) }
    }
    return this.#rendered.text
  }
}
