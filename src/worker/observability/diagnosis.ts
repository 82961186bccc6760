import { printable } from '../../shared/codec/printable.js'

/**
 * Whether a failed call can succeed later.
 * - `settings`: not as long as the settings say the same: they name something that is not there, or are incomplete.
 * - `refused`: not before somebody changes what the process may do: its credentials or its permissions.
 * - `passing`: perhaps at the next attempt. What is not recognised counts as this, too.
 */
export type Prospect = 'settings' | 'refused' | 'passing'

export interface Diagnosis {
  readonly prospect: Prospect
  /** What to do about it, for people, if that is known. */
  readonly advice: string | undefined
}

/** By the names and codes of AWS services, of the SDK and of Node. The first that matches counts. */
const diagnoses: readonly (readonly [RegExp, Prospect, string])[] = [
  [/^Region is missing$/, 'settings', 'set the region: REGION=eu-west-1 or AWS_REGION=eu-west-1'],
  [
    /ExpiredToken|RequestExpired|TokenRefreshRequired/,
    'refused',
    'the credentials have expired: renew them, or give the process a role, whose credentials the SDK renews',
  ],
  [
    /CredentialsProvider|TokenProvider/,
    'refused',
    'give the process credentials: a task role, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  ],
  [
    /UnrecognizedClient|InvalidClientToken|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|AuthFailure|OptInRequired/,
    'refused',
    'AWS does not accept the credentials: check key, secret and session token, their account, and the clock of this machine',
  ],
  [
    /AccessDenied|UnauthorizedOperation|NotAuthorized/,
    'refused',
    'grant the action to the role; docs/iam.md lists the IAM policy of each part',
  ],
  [
    /ResourceNotFound|ClusterNotFound|QueueDoesNotExist|NonExistentQueue|NoSuchHostedZone/,
    'settings',
    'check its name, account and region',
  ],
  [
    /Throttl|RequestLimitExceeded|TooManyRequests|ProvisionedThroughputExceeded|SlowDown|LimitExceeded/,
    'passing',
    'it is retried more slowly; if it persists, raise the limit or poll less often',
  ],
  [
    /ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|TimeoutError|NetworkingError/,
    'passing',
    'check the endpoint and the network',
  ],
  [
    /^(?:EACCES|EPERM|EROFS|ENOTDIR|ENOENT)$/,
    'settings',
    'check that the path exists and that this process may write there',
  ],
  [
    /ValidationException|InvalidParameter|InvalidInput|InvalidAddress/,
    'settings',
    'check the settings; the message says which one was refused',
  ],
]

const textAt = (error: Error, name: string): readonly string[] => {
  const value: unknown = name in error ? Reflect.get(error, name) : undefined
  return typeof value === 'string' ? [value] : []
}

/** More links than any error here has; a cycle ends, too. */
const longestChain = 8

/** An error and what caused it, the outermost first. */
const chainOf = (error: Error): readonly Error[] => {
  const chain: Error[] = []
  for (
    let next: unknown = error;
    next instanceof Error && chain.length < longestChain;
    next = next instanceof AggregateError ? next.errors[0] : next.cause
  )
    chain.push(next)
  return chain
}

/**
 * What an error means for whoever waits for the call: by the names and codes of the error and of its causes. Messages
 * may quote anything, so they give advice at most, and no verdict, apart from the SDK's about the region, which has no
 * name.
 */
export const diagnose = (error: Error): Diagnosis => {
  const chain = chainOf(error)
  const names = chain.flatMap((each) => [each.name, ...textAt(each, 'code'), ...textAt(each, 'Code')])
  names.push(...chain.map(({ message }) => message).filter((message) => message === 'Region is missing'))
  const known = diagnoses.find(([pattern]) => names.some((name) => pattern.test(name)))
  if (known !== undefined) return { prospect: known[1], advice: known[2] }
  const text = error.message.slice(0, 500)
  return { prospect: 'passing', advice: diagnoses.find(([pattern]) => pattern.test(text))?.[2] }
}

/** What failed, in words. Node's errors of several attempts to connect have no message, but a code. */
export const reasonOf = (error: Error): string => {
  const chain = chainOf(error)
  const [message] = chain.map((each) => each.message.trim()).filter((text) => text !== '')
  const [code] = chain.flatMap((each) => textAt(each, 'code'))
  return message ?? code ?? error.name
}

/** The name of an error, or the first of those that caused it whose name or code says something. */
export const nameOf = (error: Error): string =>
  chainOf(error)
    .flatMap((each) => [each.name, ...textAt(each, 'code')])
    .find((name) => !/^(?:Aggregate)?Error$/.test(name)) ?? error.name

/** Messages of ours that say themselves what to do. */
const saysWhatToDo = /\b(?:check its|give|allow|create|correct)\b/

/** What failed, and what to do about it unless that is said already, on one line. */
export const explain = (thrown: unknown): string => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { advice } = diagnose(error)
  const reason = reasonOf(error)
  return printable(advice === undefined || saysWhatToDo.test(reason) ? reason : `${reason} (${advice})`)
}
