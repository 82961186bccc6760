import { describeEndpoint, type Fetched, isConfirmationUrl } from './sns-endpoint.js'
import type { SnsMessage } from './sns-message.js'
import { answered, type Answered, refused } from './verdict.js'

const failed = (error: Error): Answered => ({
  ...answered(503, 'the subscription could not be confirmed: send it again'),
  notice: { _tag: 'SourceFailed', operation: 'ConfirmSubscription', error, retryIn: undefined },
})

/** Tells SNS that the subscription is wanted. To do it twice does no harm. */
export const confirmSubscription = async (
  { SubscribeURL: url, TopicArn: topic }: SnsMessage,
  ask: (url: string) => Promise<Fetched>,
  text = 'subscribed',
): Promise<Answered> => {
  if (typeof url !== 'string' || !isConfirmationUrl(url, topic))
    return refused(
      403,
      `the SubscribeURL is not ${describeEndpoint(topic)}?Action=ConfirmSubscription for this topic; it is not followed`,
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
      return failed(new Error('SNS answered with too much'))
    case 'Failed':
      return failed(fetched.error)
  }
}
