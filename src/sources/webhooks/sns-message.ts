import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { type DecodeError, decodeErrors, describe, describeText } from '../../shared/codec/decode-error.js'
import { nonEmptyString, object, optional } from '../../shared/codec/lenient.js'

const codec = object(
  {
    Type: nonEmptyString,
    MessageId: nonEmptyString,
    TopicArn: nonEmptyString,
    Message: t.string,
    Timestamp: nonEmptyString,
  },
  {
    Subject: optional(t.string),
    SignatureVersion: optional(t.string),
    Signature: optional(t.string),
    SigningCertURL: optional(t.string),
    SubscribeURL: optional(t.string),
    Token: optional(t.string),
  },
)

/** A message that SNS posts: a notification, or a message about the subscription. */
export type SnsMessage = t.TypeOf<typeof codec>

/** Decodes the body of a request from SNS (without raw delivery). Never throws. */
export const decodeSnsMessage = (body: string): E.Either<readonly DecodeError[], SnsMessage> => {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return E.left([{ path: '$', expected: 'an SNS message', received: describeText(body) }])
  }
  if (codec.is(json)) return E.right(json)
  const result = codec.decode(json)
  const errors = E.isLeft(result) ? decodeErrors(result.left, '$') : []
  return E.left(
    errors.length > 0 ? errors : [{ path: '$', expected: 'an SNS message', received: describe(json) }],
  )
}

/**
 * The signed fields, in order. Source: "Verifying the signatures of Amazon SNS messages", Amazon SNS Developer Guide.
 */
const signedFields = {
  notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  subscription: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const

/** The text that SNS has signed: for each field that is present, one line with its name and one with its value. */
export const signedText = (message: SnsMessage): string =>
  signedFields[message.Type === 'Notification' ? 'notification' : 'subscription']
    .map((field) => {
      const value = message[field]
      return value === undefined || value === null ? '' : `${field}\n${value}\n`
    })
    .join('')
