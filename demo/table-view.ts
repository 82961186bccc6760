import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import type { Contents } from './contents.js'

/** The contents of the table, read independently of the worker, as Traefik reads it. */
export interface TableView {
  readonly contents: Contents
  /** How often each service's item was written. */
  readonly versions: ReadonlyMap<string, number>
}

export const emptyTable: TableView = { contents: new Map(), versions: new Map() }

/** The servers' URLs, over which Traefik balances; their keys are arbitrary. */
const serversOf = (item: Readonly<Record<string, AttributeValue>>): readonly string[] =>
  Object.values(item['backend']?.M?.['servers']?.M ?? {})
    .map((server) => server.M?.['url']?.S?.replace(/^http:\/\//, '') ?? '?')
    .sort()

/** Reads the whole table, consistently. */
export const readTable = async (client: DynamoDBClient, table: string): Promise<TableView> => {
  const contents = new Map<string, readonly string[]>()
  const versions = new Map<string, number>()
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true }))
    for (const item of Items) {
      const name = item['name']?.S ?? '?'
      contents.set(name, serversOf(item))
      versions.set(name, Number(item['version']?.N))
    }
  return { contents, versions }
}
