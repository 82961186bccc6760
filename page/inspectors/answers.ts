import type { Explanation } from '../../src/core/explain/explain.js'
import type { RowPage } from '../../src/inspector/inspector.js'
import type { Overview } from '../../src/inspector/overview.js'
import type { TableName } from '../../src/inspector/tables.js'

const isObject = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

/**
 * The answers come from the worker that served this page, of the same version. So they are told apart from anything
 * else, and not checked field by field.
 */
export const isOverview = (u: unknown): u is Overview =>
  isObject(u) && isObject(u['counts']) && Array.isArray(u['targets']) && typeof u['revision'] === 'number'

export const isRowPage = <K extends TableName>(u: unknown): u is RowPage<K> =>
  isObject(u) && typeof u['total'] === 'number' && Array.isArray(u['rows'])

export const isExplanation = (u: unknown): u is Explanation =>
  isObject(u) && typeof u['question'] === 'string' && Array.isArray(u['subjects'])

/** The message in an answer that is an error. */
export const messageIn = (u: unknown): string | undefined => {
  if (!isObject(u)) return undefined
  const message = u['message'] ?? u['error']
  return typeof message === 'string' ? message : undefined
}
