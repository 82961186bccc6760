/** Interprets failed calls to Route 53. Pure. */
import { isTransient } from '../../shared/aws/aws-failure.js'

/** A batch that was refused because of its content, so retrying it unchanged is pointless. */
export class RefusedBatch extends Error {
  override readonly name = 'RefusedBatch'
  constructor(
    message: string,
    readonly why: 'invalid' | 'denied',
    cause?: Error,
  ) {
    super(message, { cause })
  }
}

/** Throttled, or another batch of the same zone is in progress. Nothing was changed. */
export const isBusy = ({ name }: Error): boolean =>
  name === 'PriorRequestNotComplete' || /thrott|TooManyRequests/i.test(name)

/** Route 53's messages about a batch, from either place where the SDK may put them. */
const reasonOf = (error: Error): string => {
  const messages: unknown = 'messages' in error ? error.messages : undefined
  return [error.message, ...(Array.isArray(messages) ? messages.map(String) : [])].filter(Boolean).join('; ')
}

/** Explains a failure to a person, and decides whether the batch itself is at fault. */
export const explained = (error: Error, action: string, zoneId: string): Error => {
  const batch = action === 'ChangeResourceRecordSets'
  if (/AccessDenied|NotAuthorized/.test(error.name)) {
    const message =
      `not allowed to call route53:${action} on hosted zone ${zoneId}: give that action to the role, ` +
      `for all names that are to be written (${error.message})`
    return batch ? new RefusedBatch(message, 'denied', error) : new Error(message, { cause: error })
  }
  if (error.name === 'NoSuchHostedZone')
    return new Error(
      `there is no hosted zone ${zoneId} in this account: give an id from "aws route53 list-hosted-zones", ` +
        'and credentials of the account that has the zone',
      { cause: error },
    )
  return batch && !isTransient(error) && !isBusy(error) && error.name !== 'AbortError'
    ? new RefusedBatch(reasonOf(error), 'invalid', error)
    : error
}
