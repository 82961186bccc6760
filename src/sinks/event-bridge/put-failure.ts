/** Interprets failed entries and failed calls of PutEvents. Pure. */
import type { PutEventsResultEntry } from '@aws-sdk/client-eventbridge'
import { awsFailure, isDenied, isInvalid } from '../../shared/aws/aws-failure.js'
import type { DeliveryResult } from '../kit/delivery.js'

/** Codes of entries that EventBridge would refuse again. All others are retried. */
const permanent = /^(InvalidArgument|MalformedDetail|NotAuthorized)/

export const resultOf = (entry: PutEventsResultEntry | undefined, bus: string): DeliveryResult => {
  if (entry === undefined)
    return { _tag: 'Failed', error: new Error('PutEvents answered without this entry') }
  const { ErrorCode: code, ErrorMessage: message = 'no message' } = entry
  if (code === undefined || code === '') return { _tag: 'Delivered' }
  return permanent.test(code)
    ? { _tag: 'Refused', reason: `the event bus "${bus}" refuses it: ${code} (${message})` }
    : { _tag: 'Failed', error: new Error(`the event bus "${bus}" has not taken it: ${code} (${message})`) }
}

const errorOf = (thrown: unknown, bus: string): Error => {
  if (isDenied(thrown))
    return new Error(
      `not allowed to call events:PutEvents on the event bus "${bus}": give that action to the role (${String(thrown)})`,
      { cause: thrown },
    )
  if (thrown instanceof Error && thrown.name === 'ResourceNotFoundException')
    return new Error(
      `there is no event bus "${bus}" in this account and region: create it, or correct its name (${thrown.message})`,
      { cause: thrown },
    )
  return awsFailure(thrown)
}

/** What became of each entry of a call that failed as a whole. `'one by one'`: one of several entries is invalid. */
export const callFailure = (
  thrown: unknown,
  { bus, entries }: { readonly bus: string; readonly entries: number },
): DeliveryResult | 'one by one' => {
  if (!isInvalid(thrown)) return { _tag: 'Failed', error: errorOf(thrown, bus) }
  return entries > 1
    ? 'one by one'
    : { _tag: 'Refused', reason: `the event bus "${bus}" refuses it: ${String(thrown)}` }
}
