/** What is so about a queue, from its attributes. Pure. */
import type { Finding } from '../../core/finding.js'
import { isObject } from '../../shared/codec/json-object.js'

/** As GetQueueAttributes gives them. */
export type QueueAttributes = Readonly<Record<string, string>>

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The texts in a text or a list of them. */
const textsIn = (json: unknown): readonly string[] =>
  (Array.isArray(json) ? json : [json]).filter((item) => typeof item === 'string')

const objectsIn = (json: unknown): readonly Readonly<Record<string, unknown>>[] =>
  (Array.isArray(json) ? json : [json]).filter(isObject)

/** Who may send messages by the queue's own policy: services, accounts, or `*`. */
const senders = (policy: string): readonly string[] => {
  const document = parsed(policy)
  if (!isObject(document)) return []
  return objectsIn(document['Statement']).flatMap((statement) => {
    if (statement['Effect'] !== 'Allow') return []
    const actions = textsIn(statement['Action']).map((action) => action.toLowerCase())
    if (!actions.some((action) => ['*', 'sqs:*', 'sqs:send*', 'sqs:sendmessage'].includes(action))) return []
    const principal = statement['Principal']
    return isObject(principal) ? Object.values(principal).flatMap(textsIn) : textsIn(principal)
  })
}

const policyFinding = (policy: string | undefined): Finding => {
  const about = 'queue policy'
  const allowed = senders(policy ?? '')
  const services = allowed.filter((one) => /^(?:events|sns)\.amazonaws\.com$/.test(one) || one === '*')
  return services.length > 0
    ? { about, result: 'ok', detail: `${services.join(', ')} may send` }
    : {
        about,
        result: 'warning',
        detail:
          'neither events.amazonaws.com nor sns.amazonaws.com may send, so that no events may arrive: add the policy of docs/aws-setup.md',
      }
}

/** A restart counts as a receive. */
const fewestReceives = 5

const redriveFinding = (redrive: string | undefined): Finding => {
  const about = 'dead-letter queue'
  const document = parsed(redrive ?? '')
  if (!isObject(document))
    return {
      about,
      result: 'warning',
      detail:
        'there is none, so that a message that is no event returns until it expires: add a redrive policy (docs/aws-setup.md)',
    }
  const receives = Number(document['maxReceiveCount'])
  const [target = 'a queue without an ARN'] = textsIn(document['deadLetterTargetArn'])
  return receives >= fewestReceives
    ? { about, result: 'ok', detail: `${target} after ${receives} receives` }
    : {
        about,
        result: 'warning',
        detail: `${target} after ${receives} receives, and a restart counts as one: set maxReceiveCount to ${fewestReceives} or more`,
      }
}

const hourSeconds = 3600

const retentionFinding = (seconds: number): Finding => {
  const about = 'message retention'
  return seconds >= hourSeconds
    ? { about, result: 'ok', detail: `${Math.round(seconds / hourSeconds)} h` }
    : {
        about,
        result: 'warning',
        detail: `messages expire after ${seconds} s, which a deployment of the worker may take: set MessageRetentionPeriod to 345600`,
      }
}

const keyFinding = (key: string | undefined): readonly Finding[] =>
  key === undefined || key === ''
    ? []
    : [
        {
          about: 'encryption',
          result: 'unknown',
          detail: `the queue is encrypted with ${key}: the worker needs kms:Decrypt, and the key must let events.amazonaws.com use it`,
        },
      ]

/** What is so about a queue with these attributes. */
export const queueFindings = (attributes: QueueAttributes): readonly Finding[] => [
  {
    about: 'queue',
    result: 'ok',
    detail: `${attributes['ApproximateNumberOfMessages'] ?? '?'} messages wait, ${attributes['ApproximateNumberOfMessagesNotVisible'] ?? '?'} are being handled`,
  },
  policyFinding(attributes['Policy']),
  redriveFinding(attributes['RedrivePolicy']),
  retentionFinding(Number(attributes['MessageRetentionPeriod'])),
  ...keyFinding(attributes['KmsMasterKeyId']),
]
