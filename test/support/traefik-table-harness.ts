import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import type { DynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { traefikTable, type TraefikTableOptions } from '../../src/sinks/traefik/table/index.js'
import type { TraefikBackend } from '../../src/sinks/traefik/table/item.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { type Item, itemOf, serverOf, TableOfBackends } from './table-of-backends.js'

/** The options that the contract is checked with. */
export type TraefikTableContract = Pick<TraefikTableOptions, 'adopt' | 'prune'>

/** A new table called `table`, the sink over it, and the hands of everybody else on it. */
export const traefikTableHarness = async (
  tables: DynamoDbTables,
  table: string,
  options: TraefikTableContract = {},
): Promise<SinkHarness<TraefikBackend>> => {
  await tables.createTable(table)
  const client = tables.client()
  const target = new TableOfBackends(tables.client(), table)
  let writes = 0
  const failing = new Set<string>()
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const { Key: key, Item: item } = args.input as { Key?: Item; Item?: Item }
        const isWrite = /^(Put|Update|Delete)Item/.test(commandName)
        if (isWrite && failing.has((key ?? item)?.['id']?.S ?? '')) throw new Error('injected')
        const answer = await next(args)
        if (isWrite) writes++
        return answer
      },
    { step: 'initialize' },
  )
  const set = (key: string, expression: string, names: Record<string, string>, values: Item) =>
    target.client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { id: { S: key } },
        UpdateExpression: `SET ${expression}`,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
      }),
    )
  return {
    sink: traefikTable({ table, client, ...options }),
    snapshot: () => target.items(),
    writes: () => writes,
    addresses: ({ servers }) =>
      Object.values(servers).map((server) => server.M?.['url']?.S?.replace('http://', '') ?? '?'),
    // As a person does in the console: without regard to `version`.
    tamper: async (key) => {
      const byHand = { ':s': { M: { byHand: serverOf('http://192.0.2.1:1', '5') } } }
      await set(key, '#b.servers = :s', { '#b': 'backend' }, byHand)
    },
    plant: ({ name, endpoints }, owner) =>
      target.put(
        itemOf(
          name,
          Object.fromEntries(
            endpoints.map(({ host, port }) => [
              `${host}-${port}`,
              serverOf(host.includes(':') ? `http://[${host}]:${port}` : `http://${host}:${port}`),
            ]),
          ),
          owner === undefined ? {} : { owner: { S: owner } },
        ),
      ),
    embellishment: {
      add: async (key) => {
        const values = {
          ':n': { NS: ['1', '2'] },
          ':b': { B: new Uint8Array([1]) },
          ':m': { M: { sticky: { BOOL: true } } },
        }
        await set(
          key,
          '#t = :n, #b.odd = :b, #b.loadBalancer = :m',
          { '#t': 'tags', '#b': 'backend' },
          values,
        )
      },
      read: async (key) => {
        const { version: _v, owner: _o, backend, ...rest } = (await target.get(key)) ?? {}
        const { servers: _s, ...settings } = backend?.M ?? {}
        return { rest, settings }
      },
    },
    failOn: (key) => void failing.add(key),
    another: () => traefikTable({ table, client: target.client, ...options }),
    dispose: () => {
      client.destroy()
      target.client.destroy()
      return Promise.resolve()
    },
  }
}
