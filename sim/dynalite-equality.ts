import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import db, { type Expression, type Item, type Operand } from 'dynalite/db/index.js'

/**
 * DynamoDB compares maps and lists by value in a ConditionExpression; dynalite 4.0.0 compares the two JavaScript objects, so
 * that `servers = :map` never holds and `servers <> :map` always does. Importing this file repairs `=` and `<>` in the
 * conditions of writes, for every dynalite server of the process. Filters of Scan and Query, `IN` and `contains` stay as they are.
 *
 * It works by handing dynalite one canonical string in place of each map or list: equal strings are what it compares well.
 */
export function compareMapsByValue(): void {
  db.checkConditional = (request, item) =>
    request._condition === undefined
      ? original(request, item)
      : original(
          {
            ...request,
            _condition: {
              ...request._condition,
              expression: byValue(request._condition.expression, item ?? {}),
            },
          },
          item,
        )
}

// Kept from the first import on, so that calling `compareMapsByValue` twice does not wrap the wrapper.
const original = db.checkConditional

function byValue(expression: Expression, item: Item): Expression {
  switch (expression.type) {
    case 'and':
    case 'or':
    case 'not':
      return { ...expression, args: expression.args.map((part) => byValue(part, item)) }
    case '=':
    case '<>':
      return { ...expression, args: expression.args.map((operand) => comparable(operand, item)) }
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'between':
    case 'in':
    case 'function':
      return expression
  }
}

function comparable(operand: Operand, item: Item): Operand {
  const value = isPath(operand) ? db.mapPath(operand, item) : operand
  if (value == null || 'type' in value) return operand
  if (value.M !== undefined) return { M: canonical(value) } as unknown as Operand
  if (value.L !== undefined) return { L: canonical(value) } as unknown as Operand
  return operand
}

const isPath = (operand: Operand): operand is readonly (string | number)[] => Array.isArray(operand)

/** One text per value: keys of maps and members of sets sorted. Numbers arrive normalised by dynalite itself. */
function canonical(value: AttributeValue): string {
  if (value.M !== undefined) {
    const entries = Object.entries(value.M).sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join()}}`
  }
  if (value.L !== undefined) return `[${value.L.map(canonical).join()}]`
  return JSON.stringify(value, (_key, part: unknown) =>
    Array.isArray(part) ? part.map(String).sort() : part,
  )
}
