/** A query out of bounds. The message says what was expected. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
}
