import { isObject } from '../codec/lenient.js'

/** The HTTP status of the response; `undefined` if there was none. */
const statusOf = (thrown: unknown): number | undefined => {
  if (!isObject(thrown) || !isObject(thrown['$metadata'])) return undefined
  const status = thrown['$metadata']['httpStatusCode']
  return typeof status === 'number' ? status : undefined
}

const nameOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : '')

/** Names of throttling errors, many of which have status 400. */
const throttling = /thrott|LimitExceeded|TooManyRequests|SlowDown/i

/** Whether the same call may succeed a little later: a network error, a fault of the service, or throttling. */
export const isTransient = (thrown: unknown): boolean => {
  const status = statusOf(thrown)
  return status === undefined || status >= 500 || status === 429 || throttling.test(nameOf(thrown))
}

const denied = /AccessDenied|UnauthorizedOperation|NotAuthorized/

/** Whether the permission for the call is missing. */
export const isDenied = (thrown: unknown): boolean => denied.test(nameOf(thrown))

/** Whether the service refuses the request as invalid; it will always refuse the same request. */
export const isInvalid = (thrown: unknown): boolean => /^(Validation|InvalidParameter)/.test(nameOf(thrown))

/** An error message for people, with advice where possible. */
export const awsFailure = (thrown: unknown): Error => {
  const hint = isDenied(thrown)
    ? ' (allow it in the IAM policy; in another account, assume a role there: ASSUME_ROLE, or the option `clients`)'
    : ''
  return new Error(`${String(thrown)}${hint}`, { cause: thrown })
}
