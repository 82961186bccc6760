/**
 * The expressions of DynamoDB, as far as the shipped code uses them: conditions with AND, OR, NOT, comparisons and four
 * functions; updates with SET, ADD and REMOVE. Anything else throws, so that nothing is silently ignored.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { type ExpressionNames, ExpressionReader, valueAt } from './expression-reader.js'
import type { StoredItem } from './stored-item.js'

const withValue = (
  item: StoredItem,
  [first = '', ...rest]: readonly string[],
  value: AttributeValue | undefined,
): StoredItem => {
  if (rest.length > 0) {
    const inner = item[first]?.M
    // As DynamoDB: "The document path provided in the update expression is invalid for update".
    if (inner === undefined) throw new InvalidPath()
    return { ...item, [first]: { M: withValue(inner, rest, value) } }
  }
  const { [first]: _, ...others } = item
  return value === undefined ? others : { ...item, [first]: value }
}

/** An update of a path whose parent is no map. */
export class InvalidPath extends Error {}

/** Whether an item satisfies a condition. An absent item is an empty one. */
export const satisfies = (item: StoredItem, expression: string, given: ExpressionNames): boolean => {
  const reader = new ExpressionReader(expression, item, given)
  const holds = reader.or()
  if (reader.next !== undefined) throw new Error(`expression: unread: ${expression}`)
  return holds
}

/** The item after an update. Every operand is that of the item before it. */
export const updated = (item: StoredItem, expression: string, given: ExpressionNames): StoredItem => {
  const reader = new ExpressionReader(expression, item, given)
  let after = item
  while (reader.next !== undefined) {
    const clause = reader.take().toUpperCase()
    do {
      const path = reader.path()
      switch (clause) {
        case 'SET':
          reader.take('=')
          after = withValue(after, path, reader.sum())
          break
        case 'ADD':
          after = withValue(after, path, {
            N: String(Number(valueAt(item, path)?.N ?? 0) + Number(reader.operand()?.N)),
          })
          break
        case 'REMOVE':
          after = withValue(after, path, undefined)
          break
        default:
          throw new Error(`expression: unknown clause ${clause}`)
      }
    } while (reader.takesIf(','))
  }
  return after
}
