import { describeEndpoint, type Fetched, isConfirmationUrl } from './sns-endpoint.js'
import type { SnsMessage } from './sns-message.js'
import { answered, type Answered, refused } from './verdict.js'

const failed = (error: Error): Answered => ({
  ...answered(503, 'the subscription could not be confirmed: retry'),
  notice: { _tag: 'SourceFailed', operation: 'ConfirmSubscription', error, retryIn: undefined },
})

/** Confirms the subscription. It is safe to do this twice. */
export const confirmSubscription = async (
  { SubscribeURL: url, TopicArn: topic }: SnsMessage,
  ask: (url: string) => Promise<Fetched>,
  text = 'subscribed',
): Promise<Answered> => {
  if (typeof url !== 'string' || !isConfirmationUrl(url, topic))
    return refused(
      403,
      `the SubscribeURL is not ${describeEndpoint(topic)}?Action=ConfirmSubscription for this topic; it was not called`,
    )
  const fetched = await ask(url)
  switch (fetched._tag) {
    case 'Ok':
      return {
        ...answered(200, text),
        notice: { _tag: 'Ignored', kind: 'sns/SubscriptionConfirmation', count: 1 },
      }
    case 'Status':
      return failed(new Error(`SNS answered ${fetched.status}`))
    case 'TooLarge':
      return failed(new Error('the response of SNS is too large'))
    case 'Failed':
      return failed(fetched.error)
  }
}
