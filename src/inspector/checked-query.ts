import type { Millis } from '../core/clock.js'
import { longestQuestion, mostRows, type RowQuery } from './inspector.js'
import { QueryError } from './query-error.js'

const isWhole = (given: number, least: number, most: number): boolean =>
  Number.isInteger(given) && given >= least && given <= most

/** Throws a QueryError if a query is out of bounds. */
export const checkQuery = ({ filter = '', from, count, at }: RowQuery): void => {
  if (filter.length > longestQuestion)
    throw new QueryError(`filter: expected at most ${longestQuestion} characters, got ${filter.length}`)
  if (!isWhole(from, 0, Number.MAX_SAFE_INTEGER))
    throw new QueryError(`from: expected an integer from 0, got ${from}`)
  if (!isWhole(count, 0, mostRows))
    throw new QueryError(`count: expected an integer from 0 to ${mostRows}, got ${count}`)
  checkTime(at)
}

/** Throws a QueryError if a question is empty or too long. */
export const checkQuestion = (question: string, at: Millis | undefined): void => {
  if (question.trim() === '')
    throw new QueryError('question: expected a task, an address, a container, a service, a backend or a key')
  if (question.length > longestQuestion)
    throw new QueryError(`question: expected at most ${longestQuestion} characters, got ${question.length}`)
  checkTime(at)
}

/** Throws a QueryError for what is no time. */
export const checkTime = (at: Millis | undefined): void => {
  if (at !== undefined && !isWhole(at, 0, 8.64e15))
    throw new QueryError(`at: expected milliseconds since 1970, got ${at}`)
}
