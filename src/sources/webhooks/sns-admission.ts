import { OptionError } from '../../core/option-error.js'
import type { IncomingMessage } from 'node:http'
import { header, repeatedHeader } from '../../shared/http/request-head.js'
import { sharedSecret } from '../../shared/http/shared-secret.js'
import { isInItsPartition } from './sns-endpoint.js'
import { answered, type Answered, refused } from './verdict.js'

/** What a request of raw delivery must bring, as SNS signs nothing of it. */
export interface RawSecret {
  /**
   * A header that something in front of us sets; or `authorization`, for a subscription to `https://user:password@…`.
   */
  readonly header: string
  /** What it may say, such as `Basic …` in base64; several while one replaces another. */
  readonly values: readonly string[]
}

/**
 * Whether a topic is one of ours. Anybody can have a topic of theirs signed by SNS, so it has to look at the account
 * at least.
 */
export type TopicRule = (topic: string) => boolean | undefined

export interface SnsAdmissionOptions {
  readonly topics: readonly string[] | TopicRule
  readonly rawSecret?: RawSecret
}

export interface SnsAdmission {
  /** Refuses a request by what its head says. What it says is not signed: it can only shut the door earlier. */
  readonly admit: (request: IncomingMessage) => Answered | undefined
  readonly checkTopic: (topic: string) => Answered | undefined
}

const topicShape = /^arn:[a-z-]+:sns:[a-z\d-]+:\d{12}:[\w-]{1,256}(?:\.fifo)?$/

/** Whether a text is the ARN of a topic, in a region of the partition that it names. */
const isTopicArn = (text: string): boolean => topicShape.test(text) && isInItsPartition(text)

/** What unsigned requests can say of themselves, and signed ones say again. */
const heads = ['x-amz-sns-message-type', 'x-amz-sns-topic-arn', 'x-amz-sns-rawdelivery']

/** Whether SNS has left its envelope away, and with it the signature. */
export const isRaw = (request: IncomingMessage): boolean =>
  header(request, 'x-amz-sns-rawdelivery')?.toLowerCase() === 'true'

const foreignTopic = refused(403, 'a message of a topic that is none of `topics`')
const unknownTopic = refused(503, 'it is not known yet which topics are ours: send it again')

/** The rule that a list of topics is. */
const listed = (topics: readonly string[]): TopicRule => {
  const wrong = topics.find((topic) => !isTopicArn(topic))
  if (wrong !== undefined || topics.length === 0)
    throw new OptionError(
      `snsWebhook: topics must be ARNs such as arn:aws:sns:eu-west-1:123456789012:ecs-events, and ${wrong === undefined ? 'are none' : `one is ${wrong}`}`,
    )
  const known = new Set(topics)
  return (topic) => known.has(topic)
}

/** Who is listened to at all. Throws an OptionError for a topic that is no ARN of one, or secrets that are none. */
export const snsAdmission = ({ topics, rawSecret }: SnsAdmissionOptions): SnsAdmission => {
  const isOurs = typeof topics === 'function' ? topics : listed(topics)
  const secretHeader = rawSecret?.header.toLowerCase()
  const isSecret =
    rawSecret === undefined ? undefined : sharedSecret('snsWebhook: rawSecret.values', rawSecret.values)

  const checkTopic = (topic: string): Answered | undefined => {
    const ours = isTopicArn(topic) && isOurs(topic)
    return ours === undefined ? unknownTopic : ours ? undefined : foreignTopic
  }

  const admitRaw = (request: IncomingMessage): Answered | undefined => {
    if (secretHeader === undefined || isSecret === undefined)
      return refused(
        403,
        'raw message delivery carries no signature: turn it off for the subscription, or set rawSecret',
      )
    if (!isSecret(header(request, secretHeader)))
      // SNS sends the user and password of its URL only when it is asked.
      return secretHeader === 'authorization'
        ? refused(401, 'raw delivery without a valid secret', {
            'www-authenticate': 'Basic realm="ecs-task-stream"',
          })
        : refused(403, `raw delivery without a valid secret in ${secretHeader}`)
    return checkTopic(header(request, 'x-amz-sns-topic-arn') ?? '')
  }

  const admit = (request: IncomingMessage): Answered | undefined => {
    if (request.method !== 'POST') return answered(405, 'SNS sends by POST', { allow: 'POST' })
    const twice = repeatedHeader(request, secretHeader === undefined ? heads : [...heads, secretHeader])
    if (twice !== undefined) return refused(400, `the header ${twice} came more than once`)
    if (isRaw(request)) return admitRaw(request)
    const topic = header(request, 'x-amz-sns-topic-arn')
    return topic === undefined ? undefined : checkTopic(topic)
  }
  return { admit, checkTopic }
}
