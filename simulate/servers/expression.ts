/**
 * The expressions of DynamoDB, as far as the shipped code uses them: conditions with AND, OR, NOT, comparisons and four
 * functions; updates with SET, ADD and REMOVE. Anything else throws, so that nothing is silently ignored.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** An item as it is in the JSON of the protocol: binary values are Base64. */
export type StoredItem = Readonly<Record<string, AttributeValue>>

export interface ExpressionNames {
  readonly names: Readonly<Record<string, string>>
  readonly values: StoredItem
}

type Token = string

const tokensOf = (text: string): Token[] => text.match(/<>|<=|>=|[=<>(),+]|[#:\w.]+/g) ?? []

/** One text for equal values: keys of maps and members of sets sorted. */
export const canonical = (value: AttributeValue | undefined): string => {
  if (value === undefined) return 'absent'
  if (value.M !== undefined)
    return `{${Object.entries(value.M)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`)
      .join()}}`
  if (value.L !== undefined) return `[${value.L.map(canonical).join()}]`
  if (value.N !== undefined) return `N${Number(value.N)}`
  return JSON.stringify(value, (_, part: unknown) => (Array.isArray(part) ? part.map(String).sort() : part))
}

const typeOf = (value: AttributeValue): string => Object.keys(value)[0] ?? ''

/** Reads tokens of one expression against one item. */
class Reader {
  #at = 0
  readonly #tokens: readonly Token[]

  constructor(
    text: string,
    private readonly item: StoredItem,
    private readonly given: ExpressionNames,
  ) {
    this.#tokens = tokensOf(text)
  }

  get next(): Token | undefined {
    return this.#tokens[this.#at]
  }

  take(expected?: Token): Token {
    const token = this.#tokens[this.#at++]
    if (token === undefined || (expected !== undefined && token.toUpperCase() !== expected))
      throw new Error(`expression: expected ${expected ?? 'more'}, got ${token ?? 'its end'}`)
    return token
  }

  takesIf(token: Token): boolean {
    if (this.next?.toUpperCase() !== token) return false
    this.#at++
    return true
  }

  path(): readonly string[] {
    return this.take()
      .split('.')
      .map((part) => (part.startsWith('#') ? (this.given.names[part] ?? part) : part))
  }

  operand(): AttributeValue | undefined {
    if (this.next?.startsWith(':') === true) {
      const value = this.given.values[this.take()]
      if (value === undefined) throw new Error('expression: a value is not given')
      return value
    }
    return valueAt(this.item, this.path())
  }

  sum(): AttributeValue | undefined {
    const left = this.operand()
    if (!this.takesIf('+')) return left
    const right = this.operand()
    return { N: String(Number(left?.N) + Number(right?.N)) }
  }

  or(): boolean {
    let holds = this.and()
    while (this.takesIf('OR')) holds = this.and() || holds
    return holds
  }

  private and(): boolean {
    let holds = this.not()
    while (this.takesIf('AND')) holds = this.not() && holds
    return holds
  }

  private not(): boolean {
    if (this.takesIf('NOT')) return !this.not()
    if (this.takesIf('(')) {
      const holds = this.or()
      this.take(')')
      return holds
    }
    return this.comparison()
  }

  private comparison(): boolean {
    const call = /^(attribute_\w+)$/.exec(this.next ?? '')?.[1]
    if (call !== undefined) return this.call(call)
    const left = this.operand()
    const operator = this.take()
    const right = this.operand()
    if (operator === '=') return left !== undefined && canonical(left) === canonical(right)
    if (operator === '<>') return canonical(left) !== canonical(right)
    if (left?.N === undefined || right?.N === undefined) return false
    const difference = Number(left.N) - Number(right.N)
    switch (operator) {
      case '<':
        return difference < 0
      case '<=':
        return difference <= 0
      case '>':
        return difference > 0
      case '>=':
        return difference >= 0
      default:
        throw new Error(`expression: unknown operator ${operator}`)
    }
  }

  private call(name: string): boolean {
    this.take()
    this.take('(')
    const value = valueAt(this.item, this.path())
    const type = this.takesIf(',') ? this.operand()?.S : undefined
    this.take(')')
    switch (name) {
      case 'attribute_exists':
        return value !== undefined
      case 'attribute_not_exists':
        return value === undefined
      case 'attribute_type':
        return value !== undefined && typeOf(value) === type
      default:
        throw new Error(`expression: unknown function ${name}`)
    }
  }
}

const valueAt = (item: StoredItem, [first = '', ...rest]: readonly string[]): AttributeValue | undefined =>
  rest.reduce<AttributeValue | undefined>((value, name) => value?.M?.[name], item[first])

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
  const reader = new Reader(expression, item, given)
  const holds = reader.or()
  if (reader.next !== undefined) throw new Error(`expression: unread: ${expression}`)
  return holds
}

/** The item after an update. Every operand is that of the item before it. */
export const updated = (item: StoredItem, expression: string, given: ExpressionNames): StoredItem => {
  const reader = new Reader(expression, item, given)
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
