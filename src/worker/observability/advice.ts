import { printable } from '../../shared/codec/printable.js'

/** By the name of an error, what to do about it. The names are those that AWS services and Node give to errors. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /AccessDenied|UnauthorizedOperation|NotAuthorized/,
    'allow the action to the role; the README lists the IAM policy of each part',
  ],
  [
    /Credentials|UnrecognizedClient|InvalidClientToken|ExpiredToken|SignatureDoesNotMatch/,
    'check the credentials and the region of the process',
  ],
  [
    /ResourceNotFound|ClusterNotFound|QueueDoesNotExist|NonExistentQueue/,
    'check its name, account and region',
  ],
  [
    /Throttl|RequestLimitExceeded|TooManyRequests|ProvisionedThroughputExceeded|SlowDown/,
    'it is tried again more slowly; if it lasts, raise the limit, or ask less often',
  ],
  [
    /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|TimeoutError|NetworkingError/,
    'check the endpoint and the network',
  ],
  [/ValidationException|InvalidParameter/, 'check the settings; the message says which one was refused'],
]

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '')

/** What a person can do about a failed call, where that is known. */
export const adviceFor = (error: Error): string | undefined => {
  const named = `${error.name} ${codeOf(error)} ${error.message.slice(0, 500)}`
  return advice.find(([pattern]) => pattern.test(named))?.[1]
}

/** An error for people who read no log: what failed, and what to do, on one line. */
export const explain = (thrown: unknown): string => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const what = adviceFor(error)
  return printable(what === undefined ? error.message : `${error.message} (${what})`)
}
