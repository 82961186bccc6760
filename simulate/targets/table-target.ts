import { traefikTable } from '../../src/sinks/traefik/table/index.js'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { TableWrite } from '../servers/dynamodb.js'
import { canonical, type StoredItem } from '../servers/stored-item.js'
import { Table } from '../servers/table.js'
import type { TargetObserver, WrittenTarget } from './simulated-target.js'
import { TableStranger, type TableStrangerOptions } from './table-stranger.js'
import type { TargetRecord } from './target-record.js'

export const tableName = 'traefik'

/** A write replaces the whole item: its version makes sure of it. */
const textOf = (item: StoredItem): string =>
  [
    `version ${canonical(item['version'])}`,
    `owner ${canonical(item['owner'])}`,
    `name ${canonical(item['name'])}`,
    `servers ${canonical(item['backend']?.M?.['servers'] ?? item['backend'])}`,
  ].join(', ')

const serversOf = (item: StoredItem): ReadonlyMap<string, number> =>
  new Map(
    Object.values(item['backend']?.M?.['servers']?.M ?? {}).flatMap(({ M: server }) => {
      const url = server?.['url']?.S
      return url === undefined ? [] : [[url.replace(/^https?:\/\//, ''), Number(server?.['weight']?.N ?? 1)]]
    }),
  )

const recordOf = (item: StoredItem): TargetRecord => ({
  key: item['id']?.S ?? '',
  backend: item['name']?.S ?? '',
  owner: item['owner']?.S,
  servers: serversOf(item),
  ofOthers: item['frontend'] === undefined ? '' : JSON.stringify(item['frontend']),
  parts: [textOf(item)],
})

const isRead = (value: unknown): value is { readonly held: StoredItem } =>
  typeof value === 'object' &&
  value !== null &&
  'held' in value &&
  typeof value.held === 'object' &&
  value.held !== null

/** The table of Traefik v1, in the simulated DynamoDB. */
export class TableTarget implements WrittenTarget {
  readonly _tag = 'Written'
  readonly table = new Table(tableName, { hash: 'id' })
  readonly stranger: TableStranger

  constructor(
    options: Omit<TableStrangerOptions, 'table' | 'wrote'>,
    private readonly observer: TargetObserver,
  ) {
    this.stranger = new TableStranger({
      ...options,
      table: this.table,
      wrote: ({ before, after }) =>
        observer.noted({ before: before && recordOf(before), after: after && recordOf(after) }),
    })
  }

  /** A worker has written to the table. */
  wrote({ before, after, by }: TableWrite): void {
    this.observer.wrote({ before: before && recordOf(before), after: after && recordOf(after), by })
  }

  *records(): Generator<TargetRecord> {
    for (const item of this.table.all()) if (item['frontend'] === undefined) yield recordOf(item)
  }

  readParts(_: string, value: unknown): readonly string[] {
    return isRead(value) ? [textOf(value.held)] : []
  }
}

/** The shipped sink over it. */
export const tableSink = (client: DynamoDBClient) => traefikTable({ table: tableName, client })
