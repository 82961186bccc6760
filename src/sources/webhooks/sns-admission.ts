import { OptionError } from '../../core/option-error.js'
import type { IncomingMessage } from 'node:http'
import { header as headerOf, repeatedHeader } from '../../shared/http/request-head.js'
import { headerName, type Secrets, sharedSecret } from '../../shared/http/shared-secret.js'
import { isInItsPartition } from './sns-endpoint.js'
import { answered, type Answered, refused } from './verdict.js'

/**
 * Whether to accept messages of a topic; `undefined` if that is not known yet. Anyone can create a topic whose messages
 * SNS signs, so a rule must check at least the account.
 */
export type TopicRule = (topic: string) => boolean | undefined

export interface SnsAdmissionOptions {
  readonly topics: readonly string[] | TopicRule
  readonly secrets?: Secrets | undefined
  readonly secretHeader?: string | undefined
}

export interface SnsAdmission {
  /** Refuses a request by its head. The head is not signed, so this can only refuse earlier, never accept. */
  readonly admit: (request: IncomingMessage) => Answered | undefined
  readonly checkTopic: (topic: string) => Answered | undefined
}

const topicShape = /^arn:[a-z-]+:sns:[a-z\d-]+:\d{12}:[\w-]{1,256}(?:\.fifo)?$/

/** Whether a text is a topic ARN whose region belongs to its partition. */
const isTopicArn = (text: string): boolean => topicShape.test(text) && isInItsPartition(text)

/** Headers that are checked; signed messages repeat their content. */
const heads = ['x-amz-sns-message-type', 'x-amz-sns-topic-arn', 'x-amz-sns-rawdelivery']

/** Whether SNS omitted the envelope, and with it the signature. */
export const isRaw = (request: IncomingMessage): boolean =>
  headerOf(request, 'x-amz-sns-rawdelivery')?.toLowerCase() === 'true'

const foreignTopic = refused(403, 'the topic is not one of `topics`')
const unknownTopic = refused(503, 'the topics are not known yet: retry')

/** The rule for a list of topics. */
const listed = (topics: readonly string[]): TopicRule => {
  const wrong = topics.find((topic) => !isTopicArn(topic))
  if (wrong !== undefined || topics.length === 0)
    throw new OptionError(
      `snsWebhook: topics: expected ARNs such as arn:aws:sns:eu-west-1:123456789012:ecs-events, got ${wrong === undefined ? 'none' : `"${wrong}"`}`,
    )
  const known = new Set(topics)
  return (topic) => known.has(topic)
}

/** Checks which requests to accept. Throws an OptionError for an invalid topic ARN, header or secret. */
export const snsAdmission = ({
  topics,
  secrets,
  secretHeader = 'authorization',
}: SnsAdmissionOptions): SnsAdmission => {
  const isOurs = typeof topics === 'function' ? topics : listed(topics)
  const header = headerName('snsWebhook: secretHeader', secretHeader)
  const isSecret = secrets === undefined ? undefined : sharedSecret('snsWebhook: secrets', secrets)

  const checkTopic = (topic: string): Answered | undefined => {
    const ours = isTopicArn(topic) && isOurs(topic)
    return ours === undefined ? unknownTopic : ours ? undefined : foreignTopic
  }

  const admitRaw = (request: IncomingMessage): Answered | undefined => {
    if (isSecret === undefined)
      return refused(
        403,
        'raw message delivery carries no signature: turn it off for the subscription, or set `secrets`',
      )
    if (!isSecret(headerOf(request, header)))
      // SNS sends the user and password of its URL only after a 401.
      return header === 'authorization'
        ? refused(401, 'raw delivery without a valid secret', {
            'www-authenticate': 'Basic realm="ecs-task-stream"',
          })
        : refused(403, `raw delivery without a valid secret in ${header}`)
    return checkTopic(headerOf(request, 'x-amz-sns-topic-arn') ?? '')
  }

  const admit = (request: IncomingMessage): Answered | undefined => {
    if (request.method !== 'POST') return answered(405, 'SNS sends by POST', { allow: 'POST' })
    const twice = repeatedHeader(request, isSecret === undefined ? heads : [...heads, header])
    if (twice !== undefined) return refused(400, `the header ${twice} came more than once`)
    if (isRaw(request)) return admitRaw(request)
    const topic = headerOf(request, 'x-amz-sns-topic-arn')
    return topic === undefined ? undefined : checkTopic(topic)
  }
  return { admit, checkTopic }
}
