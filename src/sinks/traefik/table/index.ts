import { OptionError } from '../../../core/option-error.js'
import { errorOf } from '../../../core/error-of.js'
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  paginateScan,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { Endpoint } from '../../../core/desired.js'
import { hasLoneSurrogate } from '../../../shared/codec/lone-surrogate.js'
import { hostsIn } from '../../../core/host-in.js'
import type { Change, Outcome, Row, Sink } from '../../../core/sink.js'
import { compareAndSwap } from '../../kit/compare-and-swap.js'
import { dynamoDbClient } from '../../../shared/aws/dynamodb-client.js'
import { tableFailure } from '../../../shared/aws/table-failure.js'
import {
  attributesRead,
  flawsOf,
  type Item,
  itemRenderer,
  rowOf,
  type TraefikBackend,
  sameBackend,
  itemParts,
} from './item.js'
import { serverUrls } from './servers.js'
import { createInput, deleteInput, newItem, updateInput, type WriteOptions } from './write.js'

export type { Item, TraefikBackend } from './item.js'
export type { Servers } from './servers.js'

export interface TraefikTableOptions {
  /** The table's name. Its only key is the string `id`. */
  readonly table: string
  /** The table's region. Default: as resolved by the AWS SDK. */
  readonly region?: string | undefined
  /**
   * Default: a client with the environment's credentials for `region`, which tries a call up to three times within its
   * time limits.
   */
  readonly client?: DynamoDBClient
  /** Default: `traefik-table`. */
  readonly name?: string
  /**
   * Whether to adopt an item without an owner once its backend is desired; this is how to migrate from
   * ecs-task-tracker. Default: true.
   */
  readonly adopt?: boolean
  /** The scheme of servers. Default: `http`. */
  readonly scheme?: 'http' | 'https' | ((endpoint: Endpoint) => 'http' | 'https')
  /**
   * The weight of a new server whose endpoint has none; an integer, 0 or more. Existing servers keep theirs. Default:
   * 0, which Traefik v1 treats as 1, and which ecs-task-tracker wrote, so that its `/diff` reports no differences.
   */
  readonly weight?: number
  /**
   * What happens to an owned item whose backend no longer exists. `empty`: it stays without servers, and Traefik
   * answers 503. `delete`: it is deleted, and Traefik answers 404. Default: `empty`.
   */
  readonly prune?: 'empty' | 'delete'
  /** The most concurrent writes. Default: 8. */
  readonly concurrency?: number
  /** The attribute that holds the owner. Default: `owner`. */
  readonly ownerAttribute?: string
}

const emptied = ({ name }: TraefikBackend): TraefikBackend => ({ name, servers: {}, held: undefined })

const reserved: readonly string[] = attributesRead

/**
 * Backends as items of the DynamoDB table that Traefik v1 reads (its `[dynamodb]` provider), one item per backend: `id`
 * S `<name>__backend`, `name` S, `version` N, `backend` M { `servers` M { `<ip>:<port>`: M { `url` S, `weight` N } } },
 * and the owner.
 *
 * Each write is conditional on the version and the servers that it was planned against, increments `version`, and
 * leaves every other attribute unchanged. Servers are identified by their `url`: a server that stays keeps its key, its
 * weight and its other attributes. Frontends are neither read nor written. UDP endpoints are ignored.
 *
 * A malformed item is repaired if this worker owns it, else rejected with what is wrong in it. IAM: `dynamodb:Scan`,
 * `GetItem`, `PutItem`, `UpdateItem`, and `DeleteItem` with `prune: 'delete'`.
 *
 * @throws OptionError for an invalid option.
 */
export const traefikTable = ({
  table,
  region = '',
  client = dynamoDbClient(region),
  name = 'traefik-table',
  adopt = true,
  scheme = 'http',
  weight = 0,
  prune = 'empty',
  concurrency = 8,
  ownerAttribute = 'owner',
}: TraefikTableOptions): Sink<TraefikBackend> => {
  if (!Number.isSafeInteger(weight) || weight < 0)
    throw new OptionError(`weight: expected an integer, 0 or more, got ${weight}`)
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw new OptionError(`concurrency: expected an integer, 1 or more, got ${concurrency}`)
  if (ownerAttribute === '' || reserved.includes(ownerAttribute))
    throw new OptionError(`ownerAttribute: expected none of ${reserved.join(', ')}, got "${ownerAttribute}"`)

  const explained = (thrown: unknown, action: string): Promise<Error> =>
    tableFailure(thrown, { client, table, key: 'the string key "id"', action })

  const found = async (
    key: string,
    { Item: item }: ConditionalCheckFailedException,
    abortSignal: AbortSignal,
  ): Promise<Item | 'absent' | 'unread'> => {
    // The exception has no item if none exists, or if the server does not support the option.
    if (item !== undefined) return item
    try {
      const answer = await client.send(
        new GetItemCommand({ TableName: table, Key: { id: { S: key } }, ConsistentRead: true }),
        { abortSignal },
      )
      return answer.Item ?? 'absent'
    } catch {
      return 'unread'
    }
  }

  const conflict = async (
    { key }: Change<TraefikBackend>,
    exception: ConditionalCheckFailedException,
    signal: AbortSignal,
  ): Promise<Outcome<TraefikBackend>> => {
    const item = await found(key, exception, signal)
    if (item === 'unread') return { _tag: 'Conflict', key, found: 'unread' }
    if (item === 'absent') return { _tag: 'Conflict', key, found: undefined }
    const row = rowOf(item, ownerAttribute)
    return row !== undefined
      ? { _tag: 'Conflict', key, found: row }
      : {
          _tag: 'Rejected',
          key,
          reason: `item "${key}" of table "${table}" is not a backend, but has the id of one: give it another id`,
        }
  }

  const refused = (change: Change<TraefikBackend>, { message }: Error): Outcome<TraefikBackend> => {
    const servers = change._tag === 'Delete' ? 0 : Object.keys(change.after.servers).length
    const advice = /size/i.test(message)
      ? `an item holds 400 KB, too little for ${servers} servers: expose them under several backend names`
      : 'correct the item or the name of its backend'
    return {
      _tag: 'Rejected',
      key: change.key,
      reason: `DynamoDB refuses item "${change.key}" of table "${table}" (${message}): ${advice}`,
    }
  }

  /** Sends one change. Resolves with the item after the change. */
  const send = async (
    change: Change<TraefikBackend>,
    options: WriteOptions,
    abortSignal: AbortSignal,
  ): Promise<Item | undefined> => {
    switch (change._tag) {
      case 'Create':
        await client.send(new PutItemCommand(createInput(change, options)), { abortSignal })
        return newItem(change.key, change.after, options)
      case 'Update':
        return (await client.send(new UpdateItemCommand(updateInput(change, options)), { abortSignal }))
          .Attributes
      case 'Delete':
        await client.send(new DeleteItemCommand(deleteInput(change, options)), { abortSignal })
        return undefined
    }
  }

  const write = async (
    change: Change<TraefikBackend>,
    options: WriteOptions,
    signal: AbortSignal,
  ): Promise<Outcome<TraefikBackend>> => {
    const { _tag, key } = change
    if (_tag !== 'Delete' && hasLoneSurrogate([key, change.after.name, change.after.servers]))
      return {
        _tag: 'Rejected',
        key,
        reason: `item ${JSON.stringify(key)} has a lone surrogate in its name or a server, which is not valid Unicode: correct the name of its backend`,
      }
    if (_tag === 'Update' && change.before.owner === undefined) {
      const flaws = flawsOf(change.before.value)
      if (flaws.length > 0)
        return {
          _tag: 'Rejected',
          key,
          reason: `item "${key}" of table "${table}" has no owner and is malformed: ${flaws.join('; ')}. Correct or delete it`,
        }
    }
    try {
      const item = await send(change, options, signal)
      return { _tag: 'Done', key, row: item === undefined ? undefined : rowOf(item, ownerAttribute) }
    } catch (thrown) {
      if (thrown instanceof ConditionalCheckFailedException) return conflict(change, thrown, signal)
      const error = errorOf(thrown)
      if (error.name === 'ValidationException') return refused(change, error)
      const action = { Create: 'PutItem', Update: 'UpdateItem', Delete: 'DeleteItem' }[_tag]
      throw await explained(thrown, action)
    }
  }

  return {
    name,
    equals: sameBackend,
    adopt,
    parts: itemParts,
    render: itemRenderer({ scheme: typeof scheme === 'function' ? scheme : () => scheme, weight }),
    prune: (before) => (prune === 'delete' ? undefined : emptied(before)),
    emptied,
    hostsOf: ({ servers }) => hostsIn(serverUrls(servers)),
    endpointsOf: ({ servers }) => serverUrls(servers),
    read: async (abortSignal) => {
      const names: Readonly<Record<string, string>> = {
        ...Object.fromEntries(attributesRead.map((attribute) => [`#${attribute}`, attribute])),
        '#owner': ownerAttribute,
      }
      const rows: Row<TraefikBackend>[] = []
      try {
        const pages = paginateScan(
          { client },
          {
            TableName: table,
            ConsistentRead: true,
            ProjectionExpression: Object.keys(names).join(', '),
            // Skips frontends, but includes a backend that has lost its settings.
            FilterExpression: 'attribute_exists(#backend) OR attribute_not_exists(#frontend)',
            ExpressionAttributeNames: names,
          },
          { abortSignal },
        )
        for await (const { Items: items = [] } of pages)
          for (const item of items) {
            const row = rowOf(item, ownerAttribute)
            if (row !== undefined) rows.push(row)
          }
      } catch (thrown) {
        throw await explained(thrown, 'Scan')
      }
      return rows
    },
    examine: async ({ signal: abortSignal }) => {
      // It never writes: no item both exists and does not.
      const never = new UpdateItemCommand({
        TableName: table,
        Key: { id: { S: 'ecs-task-stream doctor' } },
        UpdateExpression: 'REMOVE #any',
        ConditionExpression: 'attribute_exists(id) AND attribute_not_exists(id)',
        ExpressionAttributeNames: { '#any': 'any' },
      })
      const about = 'dynamodb:UpdateItem'
      try {
        await client.send(never, { abortSignal })
      } catch (thrown) {
        if (!(thrown instanceof ConditionalCheckFailedException))
          return [{ about, result: 'failed', detail: (await explained(thrown, 'UpdateItem')).message }]
      }
      return [{ about, result: 'ok', detail: 'allowed, and the key of the table is the string "id"' }]
    },
    apply: compareAndSwap(
      (change, owner, signal) => write(change, { table, ownerAttribute, owner }, signal),
      { concurrency },
    ),
  }
}
