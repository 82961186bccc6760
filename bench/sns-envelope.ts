import { hexOf, uuidOf } from './hex.js'

const base64Of = (n: number): string => Buffer.from(hexOf(n, 3, 512), 'hex').toString('base64')

/** The body of a message that SNS has sent to a queue: as long as a real one, with a signature of no meaning. */
export const snsEnvelope = (message: string, n: number): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: uuidOf(n, 1),
    TopicArn: 'arn:aws:sns:eu-west-1:123456789012:ecs-events',
    Message: message,
    Timestamp: '2026-01-02T03:04:05.678Z',
    SignatureVersion: '1',
    Signature: base64Of(n),
    SigningCertURL: `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-${hexOf(1, 2, 32)}.pem`,
    UnsubscribeURL: `https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:eu-west-1:123456789012:ecs-events:${uuidOf(1, 2)}`,
  })
