/**
 * Opens the envelopes that AWS puts around events: SNS notifications; records of SQS, SNS and Kinesis as Lambda
 * receives them (in `Records`) and as EventBridge Pipes send them (in a bare array); and nested combinations.
 */
import { type DecodeError, describe, describeText } from '../../shared/codec/decode-error.js'
import { isObject, type JsonObject } from '../../shared/codec/json-object.js'
import { isPlainText } from '../../shared/codec/plain-text.js'

export type Opened =
  /** An event, with its own `source` and `detailType`. */
  | {
      readonly _tag: 'Content'
      readonly json: JsonObject
      readonly path: string
      readonly source: string
      readonly detailType: string
    }
  /** An SNS message about the subscription. `kind` is `sns/<Type>`. */
  | { readonly _tag: 'Ignored'; readonly kind: string }
  | { readonly _tag: 'Undecodable'; readonly errors: readonly DecodeError[] }

/** A Lambda record from a queue behind a topic has two envelopes; twice that is certainly not intended. */
const maxEnvelopes = 4

export const undecodable = (path: string, expected: string, received: string) => ({
  _tag: 'Undecodable' as const,
  errors: [{ path, expected, received }],
})

const isBareTask = (json: unknown): boolean =>
  isObject(json) &&
  (typeof json['taskArn'] === 'string' ||
    (isObject(json['detail']) && typeof json['detail']['taskArn'] === 'string'))

export const notAnEvent = (json: unknown, path: string): Opened =>
  isBareTask(json)
    ? undecodable(
        path,
        'the whole event, with source and detail-type: remove InputPath or the input transformer from the target of the rule or pipe',
        'not an ECS event: a task without its envelope',
      )
    : undecodable(path, 'an event with source and detail-type', `not an ECS event: ${describe(json)}`)

const openText = (text: unknown, path: string, envelopes: number): readonly Opened[] => {
  if (typeof text !== 'string') return [undecodable(path, 'JSON', describe(text))]
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which may contain secrets.
    return [undecodable(path, 'JSON', describeText(text))]
  }
  return openAll(json, path, envelopes)
}

const openNotification = (sns: JsonObject, path: string, envelopes: number): readonly Opened[] => {
  const type = sns['Type']
  return type === 'SubscriptionConfirmation' || type === 'UnsubscribeConfirmation'
    ? [{ _tag: 'Ignored', kind: `sns/${type}` }]
    : openText(sns['Message'], `${path}.Message`, envelopes)
}

const isSnsType = (type: unknown): boolean =>
  type === 'Notification' || type === 'SubscriptionConfirmation' || type === 'UnsubscribeConfirmation'

const openBase64 = (data: unknown, path: string, envelopes: number): readonly Opened[] =>
  typeof data === 'string'
    ? openText(Buffer.from(data, 'base64').toString('utf8'), path, envelopes)
    : [undecodable(path, 'JSON in Base64', describe(data))]

/** Returns a function that opens the envelope, or `undefined` if the object is not one. */
const openEnvelope = (
  json: JsonObject,
  path: string,
  envelopes: number,
): (() => readonly Opened[]) | undefined => {
  const { Type, Sns, eventSource, kinesis } = json
  if (isSnsType(Type)) return () => openNotification(json, path, envelopes)
  if (isObject(Sns)) return () => openNotification(Sns, `${path}.Sns`, envelopes)
  if (eventSource === 'aws:sqs') return () => openText(json['body'], `${path}.body`, envelopes)
  // In a Lambda record, the data is inside `kinesis`; in a pipe's record, beside it.
  if (eventSource === 'aws:kinesis')
    return isObject(kinesis)
      ? () => openBase64(kinesis['data'], `${path}.kinesis.data`, envelopes)
      : () => openBase64(json['data'], `${path}.data`, envelopes)
  return undefined
}

/** Bounded, because kinds end up in logs and metrics. Source: API reference, `PutEvents`. */
const isKind = (u: unknown): u is string => typeof u === 'string' && isPlainText(u, 256)

/** Removes the envelopes of one record. Never throws. Returns several results only if a text contains a batch. */
export const open = (json: unknown, path: string, envelopes: number): readonly Opened[] => {
  if (!isObject(json)) return [notAnEvent(json, path)]
  const { source, 'detail-type': detailType } = json
  if (isKind(source) && isKind(detailType)) return [{ _tag: 'Content', json, path, source, detailType }]
  const inside = openEnvelope(json, path, envelopes + 1)
  if (inside === undefined) {
    if (isKind(source)) return [notAnEvent(json, `${path}.detail-type`)]
    return [notAnEvent(json, isKind(detailType) ? `${path}.source` : path)]
  }
  return envelopes === maxEnvelopes
    ? [undecodable(path, `an event in at most ${maxEnvelopes} envelopes`, describe(json))]
    : inside()
}

/** The records of a batch and their path, or `undefined` if it is not a batch. */
export const batchOf = (
  json: unknown,
): { readonly records: readonly unknown[]; readonly at: string } | undefined => {
  if (Array.isArray(json)) return { records: json, at: '' }
  const records = isObject(json) ? json['Records'] : undefined
  return Array.isArray(records) ? { records, at: '.Records' } : undefined
}

/** `open` for a record or a batch of records. Returns at least one result. */
export const openAll = (json: unknown, path: string, envelopes = 0): readonly Opened[] => {
  const batch = batchOf(json)
  if (batch === undefined || batch.records.length === 0) return open(json, path, envelopes)
  return batch.records.flatMap((record, i) => open(record, `${path}${batch.at}[${i}]`, envelopes))
}

/** `openAll` for a text. */
export const openMessage = (text: string): readonly Opened[] => openText(text, '$', 0)
