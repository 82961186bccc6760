import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import db, { type Expression, type Item, type Operand, type WriteRequest } from 'dynalite/db/index.js'
import deleteItem from 'dynalite/validations/deleteItem.js'
import putItem from 'dynalite/validations/putItem.js'
import updateItem from 'dynalite/validations/updateItem.js'

/**
 * Two deviations of dynalite 4.0.0 from DynamoDB in the conditions of writes, repaired for every dynalite server of
 * the process:
 *
 * - DynamoDB compares maps and lists by value; dynalite compares the two JavaScript objects, so that `servers = :map`
 *   never holds and `servers <> :map` always does. Here `=` and `<>` compare one canonical string for each map or list.
 *   Filters of Scan and Query, `IN` and `contains` are unchanged.
 * - `ReturnValuesOnConditionCheckFailure: ALL_OLD` is ignored. Here the refusal carries the item, if there is one.
 */
export function correctConditions(): void {
  if (corrected in db) return
  Object.defineProperty(db, corrected, { value: true })
  const original = db.checkConditional
  // Members that are not in the types of a request never reach the action.
  for (const { types } of [deleteItem, putItem, updateItem])
    types['ReturnValuesOnConditionCheckFailure'] = { type: 'String', enum: ['ALL_OLD', 'NONE'] }
  db.checkConditional = (request, item) => {
    const refusal = original(comparedByValue(request, item ?? {}), item)
    if (refusal == null || item == null || request.ReturnValuesOnConditionCheckFailure !== 'ALL_OLD')
      return refusal
    return Object.assign(refusal, { body: { ...refusal.body, Item: item } })
  }
}

// A mark on dynalite itself: this module may be loaded twice in one process, and a second wrapper would take the strings
// of the first for maps and lists.
const corrected = Symbol.for('ecs-task-stream: corrected conditions')

const comparedByValue = (request: WriteRequest, item: Item): WriteRequest =>
  request._condition === undefined
    ? request
    : {
        ...request,
        _condition: { ...request._condition, expression: byValue(request._condition.expression, item) },
      }

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
