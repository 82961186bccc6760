/** Reads the expressions of DynamoDB, one against one item. Anything unknown throws, so that nothing is silently ignored. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { canonical, type StoredItem } from './stored-item.js'

export interface ExpressionNames {
  readonly names: Readonly<Record<string, string>>
  readonly values: StoredItem
}

type Token = string

const tokensOf = (text: string): Token[] => text.match(/<>|<=|>=|[=<>(),+]|[#:\w.]+/g) ?? []

const typeOf = (value: AttributeValue): string => Object.keys(value)[0] ?? ''

/** Reads tokens of one expression against one item. */
export class ExpressionReader {
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

/** The value at a path; `undefined` if there is none. */
export const valueAt = (
  item: StoredItem,
  [first = '', ...rest]: readonly string[],
): AttributeValue | undefined =>
  rest.reduce<AttributeValue | undefined>((value, name) => value?.M?.[name], item[first])
