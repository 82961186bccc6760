import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { SimulatedService, WireAnswer, WireRequest } from '../network/wire.js'
import { InvalidPath, satisfies, updated } from './expression.js'
import type { ExpressionNames } from './expression-reader.js'
import type { StoredItem } from './stored-item.js'
import { jsonAnswer, serviceRefusal } from './json-answers.js'
import type { Table } from './table.js'

/** A write that was made. */
export interface TableWrite {
  readonly table: string
  readonly before: StoredItem | undefined
  readonly after: StoredItem | undefined
  readonly by: SimulatedProcess
}

interface Input {
  readonly TableName: string
  readonly Key?: StoredItem
  readonly Item?: StoredItem
  readonly ConditionExpression?: string
  readonly UpdateExpression?: string
  readonly KeyConditionExpression?: string
  readonly FilterExpression?: string
  readonly ProjectionExpression?: string
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>
  readonly ExpressionAttributeValues?: StoredItem
  readonly ExclusiveStartKey?: StoredItem
  readonly ReturnValues?: string
  readonly ReturnValuesOnConditionCheckFailure?: string
}

const failure = (name: string, message: string, extra: object = {}): WireAnswer =>
  jsonAnswer({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message, ...extra }, 400)

const given = ({
  ExpressionAttributeNames: names = {},
  ExpressionAttributeValues: values = {},
}: Input): ExpressionNames => ({
  names,
  values,
})

/** How many items a page has: few, so that there are often several. DynamoDB's have 1 MB. */
const pageSize = 25

/**
 * DynamoDB in memory, as far as the shipped code uses it: single items with conditions, queries by number, scans. Reads
 * are strongly consistent, and each call is atomic.
 */
export class SimulatedDynamoDb implements SimulatedService {
  readonly refusal = serviceRefusal

  constructor(
    private readonly tables: ReadonlyMap<string, Table>,
    private readonly wrote: (write: TableWrite) => void = () => undefined,
  ) {}

  answer({ operation, body }: WireRequest, by: SimulatedProcess): WireAnswer {
    const input = JSON.parse(body) as Input
    const table = this.tables.get(input.TableName)
    if (table === undefined) return failure('ResourceNotFoundException', 'Requested resource not found')
    switch (operation) {
      case 'GetItem': {
        const item = table.get(input.Key ?? {})
        return jsonAnswer(item === undefined ? {} : { Item: item })
      }
      case 'PutItem':
        return this.#write(table, input, input.Item ?? {}, () => input.Item, by)
      case 'DeleteItem':
        return this.#write(table, input, input.Key ?? {}, () => undefined, by)
      case 'UpdateItem':
        return this.#write(
          table,
          input,
          input.Key ?? {},
          (item) => updated(item ?? input.Key ?? {}, input.UpdateExpression ?? '', given(input)),
          by,
        )
      case 'Query':
        return this.#page(table, input, this.#queried(table, input))
      case 'Scan':
        return this.#page(table, input, this.#scanned(table, input))
      default:
        return failure('ValidationException', `not simulated: ${operation}`)
    }
  }

  #write(
    table: Table,
    input: Input,
    keyed: StoredItem,
    make: (item: StoredItem | undefined) => StoredItem | undefined,
    by: SimulatedProcess,
  ): WireAnswer {
    const key = table.keyOf(keyed)
    const before = table.get(key)
    const { ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: returns } = input
    if (condition !== undefined && !satisfies(before ?? {}, condition, given(input)))
      return failure('ConditionalCheckFailedException', 'The conditional request failed', {
        ...(returns === 'ALL_OLD' && before !== undefined ? { Item: before } : {}),
      })
    let after: StoredItem | undefined
    try {
      after = make(before)
    } catch (thrown) {
      if (!(thrown instanceof InvalidPath)) throw thrown
      return failure(
        'ValidationException',
        'The document path provided in the update expression is invalid for update',
      )
    }
    table.set(key, after)
    this.wrote({ table: table.name, before, after, by })
    return jsonAnswer(
      input.ReturnValues === 'ALL_NEW' || input.ReturnValues === 'UPDATED_NEW' ? { Attributes: after } : {},
    )
  }

  /** `#journal = :journal AND #number > :after` is the only form. One item more than a page, if there is one. */
  #queried(
    table: Table,
    { ExpressionAttributeValues: values = {}, ExclusiveStartKey: start }: Input,
  ): readonly StoredItem[] {
    const [hash, after] = Object.values(values)
    const { range = '' } = table.keys
    return table.above(hash?.S ?? '', Number((start?.[range] ?? after)?.N), pageSize + 1)
  }

  /** What follows the last item of the page before. */
  #scanned(table: Table, { ExclusiveStartKey: start }: Input): readonly StoredItem[] {
    const all = [...table.all()]
    if (start === undefined) return all
    const { hash, range = '' } = table.keys
    const place = all.findIndex(
      (item) => item[hash]?.S === start[hash]?.S && item[range]?.N === start[range]?.N,
    )
    return all.slice(place + 1)
  }

  /** A page of what is left. */
  #page(table: Table, input: Input, items: readonly StoredItem[]): WireAnswer {
    const taken = items.slice(0, pageSize)
    const last = taken.at(-1)
    const filter = input.FilterExpression
    const found = filter === undefined ? taken : taken.filter((item) => satisfies(item, filter, given(input)))
    return jsonAnswer({
      Items: found.map((item) => projected(item, input)),
      Count: found.length,
      ScannedCount: taken.length,
      ...(pageSize < items.length && last !== undefined ? { LastEvaluatedKey: table.keyOf(last) } : {}),
    })
  }
}

const projected = (
  item: StoredItem,
  { ProjectionExpression: text, ExpressionAttributeNames: names = {} }: Input,
): StoredItem => {
  if (text === undefined) return item
  const wanted = text.split(',').map((part) => names[part.trim()] ?? part.trim())
  return Object.fromEntries(
    wanted.flatMap((name): (readonly [string, AttributeValue])[] => {
      const value = item[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
