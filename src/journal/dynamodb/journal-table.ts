import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { tableFailure } from '../../shared/aws/table-failure.js'

export type Item = Readonly<Record<string, AttributeValue>>

export interface ItemKey {
  readonly journal: string
  readonly number: number
}

export interface Condition {
  readonly expression: string
  /** By placeholder. */
  readonly names?: Readonly<Record<string, string>>
  readonly values?: Item
}

const isAbsent: Condition = { expression: 'attribute_not_exists(#journal)', names: { '#journal': 'journal' } }

const keyItem = ({ journal, number }: ItemKey) => ({ journal: { S: journal }, number: { N: String(number) } })

export const numberOf = (attribute: AttributeValue | undefined): number => Number(attribute?.N)

/** The calls that a journal makes to its table. All reads are strongly consistent. */
export class JournalTable {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly name: string,
  ) {}

  async put(key: ItemKey, attributes: Item, signal: AbortSignal): Promise<void> {
    const command = new PutItemCommand({ TableName: this.name, Item: { ...keyItem(key), ...attributes } })
    await this.call('PutItem', () => this.client.send(command, { abortSignal: signal }))
  }

  /**
   * Puts an item under a condition. Resolves to `undefined` if it was put, else to the item that does not satisfy the
   * condition. Default: there must be no item.
   */
  async putIf(
    key: ItemKey,
    attributes: Item,
    signal: AbortSignal,
    { expression, names, values }: Condition = isAbsent,
  ): Promise<Item | undefined> {
    const command = new PutItemCommand({
      TableName: this.name,
      Item: { ...keyItem(key), ...attributes },
      ConditionExpression: expression,
      ...(names === undefined ? {} : { ExpressionAttributeNames: names }),
      ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    try {
      await this.client.send(command, { abortSignal: signal })
      return undefined
    } catch (thrown) {
      if (!(thrown instanceof ConditionalCheckFailedException)) throw await this.explained(thrown, 'PutItem')
      // Some servers that speak DynamoDB's protocol do not return the item.
      return thrown.Item ?? (await this.get(key, signal)) ?? {}
    }
  }

  async get(key: ItemKey, signal: AbortSignal): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.name, Key: keyItem(key), ConsistentRead: true })
    const { Item: item } = await this.call('GetItem', () =>
      this.client.send(command, { abortSignal: signal }),
    )
    return item
  }

  /** The items of a partition with numbers above `after`, in their order. */
  async *above({ journal, number: after }: ItemKey, signal: AbortSignal): AsyncGenerator<Item> {
    let start: Record<string, AttributeValue> | undefined
    do {
      const command = new QueryCommand({
        TableName: this.name,
        ConsistentRead: true,
        KeyConditionExpression: '#journal = :journal AND #number > :after',
        ExpressionAttributeNames: { '#journal': 'journal', '#number': 'number' },
        ExpressionAttributeValues: { ':journal': { S: journal }, ':after': { N: String(after) } },
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      })
      const page = await this.call('Query', () => this.client.send(command, { abortSignal: signal }))
      yield* page.Items ?? []
      start = page.LastEvaluatedKey
    } while (start !== undefined)
  }

  /** Adds 1 to a counter. Resolves to its new value. */
  async increment(key: ItemKey, signal: AbortSignal): Promise<number> {
    const command = new UpdateItemCommand({
      TableName: this.name,
      Key: keyItem(key),
      UpdateExpression: 'ADD #count :one',
      ExpressionAttributeNames: { '#count': 'count' },
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'UPDATED_NEW',
    })
    const { Attributes } = await this.call('UpdateItem', () =>
      this.client.send(command, { abortSignal: signal }),
    )
    return numberOf(Attributes?.['count'])
  }

  async delete(key: ItemKey, signal: AbortSignal): Promise<void> {
    const command = new DeleteItemCommand({ TableName: this.name, Key: keyItem(key) })
    await this.call('DeleteItem', () => this.client.send(command, { abortSignal: signal }))
  }

  private async call<A>(action: string, send: () => Promise<A>): Promise<A> {
    try {
      return await send()
    } catch (thrown) {
      throw await this.explained(thrown, action)
    }
  }

  private explained(thrown: unknown, action: string): Promise<Error> {
    const key = 'the string partition key "journal" and the number sort key "number"'
    return tableFailure(thrown, { client: this.client, table: this.name, key, action })
  }
}
