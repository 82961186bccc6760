import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import type { Backend } from '../../src/core/desired.js'
import type { PersistentMap } from '../../src/core/persistent-map.js'
import { plan } from '../../src/core/plan.js'
import type { Outcome, Row, Sink } from '../../src/core/sink.js'
import type { TraefikBackend } from '../../src/sinks/traefik/table/item.js'

export type Item = Record<string, AttributeValue>

/** A table as people and other tools see it: raw, and without conditions. */
export class TableOfBackends {
  constructor(
    readonly client: DynamoDBClient,
    readonly table: string,
  ) {}

  async put(item: Item): Promise<void> {
    await this.client.send(new PutItemCommand({ TableName: this.table, Item: item }))
  }
  async get(id: string): Promise<Item | undefined> {
    return (await this.client.send(new GetItemCommand({ TableName: this.table, Key: { id: { S: id } } })))
      .Item
  }
  async items(): Promise<ReadonlyMap<string, Item>> {
    const { Items: items = [] } = await this.client.send(new ScanCommand({ TableName: this.table }))
    return new Map(items.map((item) => [item['id']?.S ?? '', item]))
  }
}

export const serverOf = (url: string, weight = '0', rest: Item = {}): AttributeValue => ({
  M: { url: { S: url }, weight: { N: weight }, ...rest },
})

/** An item as ecs-task-tracker, or a person, would have written it. */
export const itemOf = (name: string, servers: Item, rest: Item = {}): Item => ({
  id: { S: `${name}__backend` },
  name: { S: name },
  version: { N: '3' },
  backend: { M: { servers: { M: servers } } },
  ...rest,
})

export const serversIn = (item: Item | undefined): Item => item?.['backend']?.M?.['servers']?.M ?? {}
export const urlsIn = (item: Item | undefined): readonly (string | undefined)[] =>
  Object.values(serversIn(item))
    .map((server) => server.M?.['url']?.S)
    .sort()

export interface ReconcileOptions {
  readonly owner?: string
  readonly complete?: boolean
  readonly signal?: AbortSignal
}

/** Reads, plans and applies once. */
export const reconcileOnce = async (
  sink: Sink<TraefikBackend>,
  backends: PersistentMap<Backend>,
  { owner = 'worker', complete = true, signal = new AbortController().signal }: ReconcileOptions = {},
): Promise<readonly Outcome<TraefikBackend>[]> => {
  const rows = await sink.read(signal)
  const wanted = sink.render(backends, new Map(rows.map(({ key, value }) => [key, value])))
  const { changes } = plan(sink, wanted, rows, { owner, complete, pruneGuard: 'off' })
  return sink.apply(changes, owner, signal)
}

/**
 * As a worker does: plans again with what a conflict found, until there is nothing to do. Resolves with the number of
 * writes.
 */
export const reconcileUntilQuiet = async (
  sink: Sink<TraefikBackend>,
  backends: PersistentMap<Backend>,
  { owner = 'worker', complete = true, signal = new AbortController().signal }: ReconcileOptions = {},
): Promise<number> => {
  let rows: Map<string, Row<TraefikBackend>> | undefined
  let writes = 0
  for (;;) {
    try {
      rows ??= new Map((await sink.read(signal)).map((row) => [row.key, row]))
    } catch {
      continue
    }
    const wanted = sink.render(backends, new Map([...rows].map(([key, { value }]) => [key, value])))
    const { changes } = plan(sink, wanted, rows.values(), { owner, complete, pruneGuard: 'off' })
    if (changes.length === 0) return writes
    for (const outcome of await sink.apply(changes, owner, signal)) {
      if (outcome._tag === 'Rejected') throw new Error(outcome.reason)
      if (outcome._tag === 'Done') writes++
      const now =
        outcome._tag === 'Done' ? outcome.row : outcome._tag === 'Conflict' ? outcome.found : 'unread'
      if (now === 'unread') rows = undefined
      else if (now === undefined) rows?.delete(outcome.key)
      else rows?.set(outcome.key, now)
    }
  }
}
