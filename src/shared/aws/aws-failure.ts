import { isObject } from '../codec/json-object.js'

/** The HTTP status of the response; `undefined` if there was none. */
const statusOf = (thrown: unknown): number | undefined => {
  if (!isObject(thrown) || !isObject(thrown['$metadata'])) return undefined
  const status = thrown['$metadata']['httpStatusCode']
  return typeof status === 'number' ? status : undefined
}

/** Whether the service has not answered at all. */
export const isUnanswered = (thrown: unknown): boolean => statusOf(thrown) === undefined

const nameOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : '')

/** Names of throttling errors, many of which have status 400. */
const throttling = /thrott|LimitExceeded|TooManyRequests|SlowDown/i

/** Whether the SDK did not even call: the process has no region or no credentials. */
const isUncalled = (thrown: unknown): boolean =>
  /^(?:Credentials|Token)ProviderError$/.test(nameOf(thrown)) ||
  (thrown instanceof Error && thrown.message === 'Region is missing')

/**
 * Whether the same call may succeed a little later: a network error, a fault of the service, throttling, or an answer
 * that ended too early, which the SDK cannot read.
 */
export const isTransient = (thrown: unknown): boolean => {
  if (isUncalled(thrown)) return false
  const status = statusOf(thrown)
  if (status === undefined || status < 300) return true
  return status >= 500 || status === 429 || throttling.test(nameOf(thrown))
}

const denied = /AccessDenied|UnauthorizedOperation|NotAuthorized/

/** Whether the permission for the call is missing. */
export const isDenied = (thrown: unknown): boolean => denied.test(nameOf(thrown))

/** Whether the service refuses the request as invalid; it will always refuse the same request. */
export const isInvalid = (thrown: unknown): boolean => /^(Validation|InvalidParameter)/.test(nameOf(thrown))

/** Node's errors of several attempts to connect have no message, but a code. */
const messageOf = (error: Error): string =>
  error.message === '' && 'code' in error ? String(error.code) : error.message

/** An error message for people, with advice where possible. */
export const awsFailure = (thrown: unknown): Error => {
  const hint = isDenied(thrown)
    ? ' (allow it in the IAM policy; in another account, assume a role there: ASSUME_ROLE, or the option `clients`)'
    : ''
  const text = thrown instanceof Error && thrown.name === 'Error' ? messageOf(thrown) : String(thrown)
  return new Error(`${text}${hint}`, { cause: thrown })
}
