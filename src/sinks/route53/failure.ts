/** What failed calls of Route 53 mean. Pure. */
import { isTransient } from '../../shared/aws/aws-failure.js'

/** A batch that was refused for what it says: it will be again, unless it says something else. */
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

/** Too many calls, or another batch of the same zone is under way. Nothing was done. */
export const isBusy = ({ name }: Error): boolean =>
  name === 'PriorRequestNotComplete' || /thrott|TooManyRequests/i.test(name)

/** What Route 53 says of a batch, wherever this version of it says so. */
const reasonOf = (error: Error): string => {
  const messages: unknown = 'messages' in error ? error.messages : undefined
  return [error.message, ...(Array.isArray(messages) ? messages.map(String) : [])].filter(Boolean).join('; ')
}

/** Says what a person would have to know, and of a batch whether it is at fault itself. */
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
      `there is no hosted zone ${zoneId} in this account: give the id that "aws route53 list-hosted-zones" tells, ` +
        'and the credentials of the account that has it',
      { cause: error },
    )
  return batch && !isTransient(error) && !isBusy(error) && error.name !== 'AbortError'
    ? new RefusedBatch(reasonOf(error), 'invalid', error)
    : error
}
