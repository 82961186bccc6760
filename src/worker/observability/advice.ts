import { printable } from '../../shared/codec/printable.js'

/** What to do about an error, by its name or code. The names are those of AWS services and Node. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /AccessDenied|UnauthorizedOperation|NotAuthorized/,
    'grant the action to the role; docs/iam.md lists the IAM policy of each part',
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
    'it is retried more slowly; if it persists, raise the limit or poll less often',
  ],
  [
    /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|TimeoutError|NetworkingError/,
    'check the endpoint and the network',
  ],
  [/ValidationException|InvalidParameter/, 'check the settings; the message says which one was refused'],
]

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '')

/** What a person can do about a failed call, if known. */
export const adviceFor = (error: Error): string | undefined => {
  const named = `${error.name} ${codeOf(error)} ${error.message.slice(0, 500)}`
  return advice.find(([pattern]) => pattern.test(named))?.[1]
}

/** Formats an error for a terminal: what failed and what to do, on one line. */
export const explain = (thrown: unknown): string => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const what = adviceFor(error)
  return printable(what === undefined ? error.message : `${error.message} (${what})`)
}
