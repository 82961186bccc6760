import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import type { Contents } from './contents.js'

/** What the table says, read as Traefik reads it: by nobody's word but its own. */
export interface TableView {
  readonly contents: Contents
  /** Of each service's item: how often it was written since it was made. */
  readonly versions: ReadonlyMap<string, number>
}

export const emptyTable: TableView = { contents: new Map(), versions: new Map() }

/** Traefik balances over the URLs; the keys of the servers are free text. */
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
