/** Changes of Traefik items as conditional writes. Pure, so that what will be sent can be printed and tested. */
import type {
  AttributeValue,
  DeleteItemCommandInput,
  PutItemCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import type { Change, Owner, Row } from '../../../core/sink.js'
import type { Item, TraefikBackend } from './item.js'

export interface WriteOptions {
  readonly table: string
  readonly ownerAttribute: string
  readonly owner: Owner
}

/** The conditions of a write, with the names and values that they use. */
interface Condition {
  readonly clauses: readonly string[]
  readonly names: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, AttributeValue>>
}

/** The whole item of a new backend. Version 0, as in ecs-task-tracker. */
export const newItem = (
  key: string,
  { name, servers }: TraefikBackend,
  { owner, ownerAttribute }: WriteOptions,
): Item => ({
  id: { S: key },
  name: { S: name },
  version: { N: '0' },
  backend: { M: { servers: { M: servers } } },
  [ownerAttribute]: { S: owner },
})

/** Requires that `attribute` still has the value that was read, or is still absent. */
const unchanged = (attribute: string, path: string, read: AttributeValue | undefined): Condition =>
  read === undefined
    ? { clauses: [`attribute_not_exists(${path})`], names: {}, values: {} }
    : { clauses: [`${path} = :${attribute}Read`], names: {}, values: { [`:${attribute}Read`]: read } }

/**
 * Requires that the item has not changed since: neither by a writer that counts versions, nor by a person, who does
 * not. Each attribute that will be overwritten must be as it was read, the servers one by one.
 */
const asRead = ({ value: { held } }: Row<TraefikBackend>, ownerAttribute: string): Condition => {
  const backend = held?.['backend']
  const parts: readonly Condition[] = [
    unchanged('version', '#version', held?.['version']),
    unchanged('owner', '#owner', held?.[ownerAttribute]),
    unchanged('name', '#name', held?.['name']),
    backend?.M === undefined
      ? unchanged('backend', '#backend', backend)
      : unchanged('servers', '#backend.#servers', backend.M['servers']),
    // Without servers to compare, `backend` must still be a map, so that servers can be set in it.
    ...(backend?.M !== undefined && backend.M['servers'] === undefined
      ? [{ clauses: ['attribute_type(#backend, :map)'], names: {}, values: { ':map': { S: 'M' } } }]
      : []),
  ]
  return {
    clauses: ['attribute_exists(#id)', ...parts.flatMap(({ clauses }) => clauses)],
    names: {
      '#id': 'id',
      '#version': 'version',
      '#owner': ownerAttribute,
      '#name': 'name',
      '#backend': 'backend',
      ...(backend?.M === undefined ? {} : { '#servers': 'servers' }),
    },
    values: Object.fromEntries(parts.flatMap(({ values }) => Object.entries(values))),
  }
}

export const createInput = (
  { key, after }: Extract<Change<TraefikBackend>, { _tag: 'Create' }>,
  options: WriteOptions,
): PutItemCommandInput => ({
  TableName: options.table,
  Item: newItem(key, after, options),
  ConditionExpression: 'attribute_not_exists(#id)',
  ExpressionAttributeNames: { '#id': 'id' },
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
})

/** Sets only our parts: `backend.servers`, `name`, `version`, and the owner. */
export const updateInput = (
  { key, before, after }: Extract<Change<TraefikBackend>, { _tag: 'Update' }>,
  { table, owner, ownerAttribute }: WriteOptions,
): UpdateItemCommandInput => {
  const { clauses, names, values } = asRead(before, ownerAttribute)
  const servers: AttributeValue = { M: after.servers }
  const intoMap = before.value.held?.['backend']?.M !== undefined
  return {
    TableName: table,
    Key: { id: { S: key } },
    UpdateExpression: [
      // DynamoDB does the addition: its numbers have 38 digits, JavaScript's do not.
      `SET #version = ${before.etag !== undefined ? '#version + :one' : ':one'}`,
      '#name = :name',
      '#owner = :owner',
      intoMap ? '#backend.#servers = :servers' : '#backend = :servers',
    ].join(', '),
    ConditionExpression: clauses.join(' AND '),
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: {
      ...values,
      ':one': { N: '1' },
      ':name': { S: after.name },
      ':owner': { S: owner },
      ':servers': intoMap ? servers : { M: { servers } },
    },
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }
}

export const deleteInput = (
  { key, before }: Extract<Change<TraefikBackend>, { _tag: 'Delete' }>,
  { table, ownerAttribute }: WriteOptions,
): DeleteItemCommandInput => {
  const { clauses, names, values } = asRead(before, ownerAttribute)
  return {
    TableName: table,
    Key: { id: { S: key } },
    ConditionExpression: clauses.join(' AND '),
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }
}
