import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import type { Millis } from 'ecs-task-stream'

/** What an event means for the table. */
interface Awaited {
  /** As in `10.0.0.1:8080`. */
  readonly endpoint: string
  readonly isServed: boolean
  /** When it happened, by ECS's clock. */
  readonly at: Millis
}

/** A change that the table holds. */
export interface Held {
  readonly at: Millis
  /** From the time of the event until the write was answered. */
  readonly tookMs: Millis
}

/** Compares what events said with what is written. */
export class AwaitedWrites {
  /** By service. */
  readonly #awaited = new Map<string, Awaited[]>()
  readonly held: Held[] = []
  #reads = 0

  constructor(
    private readonly client: DynamoDBClient,
    private readonly table: string,
  ) {}

  /** Its own calls. */
  get reads(): number {
    return this.#reads
  }

  /** The times of the events that the table does not hold yet. */
  get missing(): readonly Millis[] {
    return [...this.#awaited.values()].flatMap((all) => all.map(({ at }) => at))
  }

  expect(service: string, awaited: Awaited): void {
    this.#awaited.set(service, [...(this.#awaited.get(service) ?? []), awaited])
  }

  /** An item was written at that time. */
  async written(id: string, at: Millis): Promise<void> {
    const service = id.replace(/__backend$/, '')
    const awaited = this.#awaited.get(service)
    if (awaited === undefined) return
    this.#reads++
    const { Item } = await this.client.send(
      new GetItemCommand({ TableName: this.table, Key: { id: { S: id } }, ConsistentRead: true }),
    )
    const servers = Object.values(Item?.['backend']?.M?.['servers']?.M ?? {})
    const urls = new Set(servers.map(({ M }) => M?.['url']?.S))
    const left: Awaited[] = []
    // What was expected meanwhile is judged, too.
    for (const one of this.#awaited.get(service) ?? [])
      if (one.at <= at && urls.has(`http://${one.endpoint}`) === one.isServed)
        this.held.push({ at: one.at, tookMs: at - one.at })
      else left.push(one)
    if (left.length === 0) this.#awaited.delete(service)
    else this.#awaited.set(service, left)
  }
}
