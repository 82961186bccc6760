import { createSign, type KeyObject, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../src/core/clock.js'
import { systemClock } from '../../src/shared/async/system-clock.js'
import { selfSignedCertificate } from './self-signed-certificate.js'
import { sharedKeys, type SigningKeys } from './signing-keys.js'
import { httpServer } from '../http-server.js'

/** The members of a message as SNS posts it; any may be overridden, even with an invalid value. */
export type SnsFields = Readonly<Record<string, unknown>>

export interface SnsAnswer {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | null
}

export interface SnsHttpOptions {
  /** Default: a standard topic in eu-west-1. */
  readonly topicArn?: string
  /** The beginning of the URLs of certificates and confirmations. Default: `https://sns.eu-west-1.amazonaws.com`. */
  readonly host?: string
  /** Default: `1`, as SNS. */
  readonly signatureVersion?: '1' | '2'
  /** Default: one pair for all topics of the process, because generating one takes a fifth of a second. */
  readonly keys?: SigningKeys
  /** For the times of messages and certificates, and for the waits between attempts. */
  readonly clock?: Clock
  /** The number of retries, and the wait before each. Default: 3 and 20 s, as SNS. */
  readonly retries?: number
  readonly retryMs?: number
}

/**
 * The HTTP side of one SNS topic: it signs and posts, and serves its certificate and its confirmations on 127.0.0.1.
 */
export interface SnsHttp {
  readonly topicArn: string
  readonly certificateUrl: string
  readonly privateKey: KeyObject
  /** Redirects all requests for any host, including SNS's name, which TLS would verify, to this server. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** The requested URLs. */
  readonly asked: readonly string[]
  /** Responds instead of the topic, until it is `undefined` again. */
  respond: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  /** The certificate that the topic serves; may be replaced. */
  certificate: string
  /** Signs the message again, unless a `Signature` is given. */
  signed(fields: SnsFields): SnsFields
  notification(message: string, changes?: SnsFields): SnsFields
  confirmation(changes?: SnsFields): SnsFields
  /** Posts once, by default with the headers of SNS. */
  post(endpoint: string, fields: SnsFields, headers?: Readonly<Record<string, string>>): Promise<SnsAnswer>
  /** Posts until a post is accepted; `dead` after a status that SNS does not retry, or after its last attempt. */
  publish(endpoint: string, message: string): Promise<'delivered' | 'dead'>
  close(): Promise<void>
}

/**
 * "Verifying the signatures of Amazon SNS messages": the fields that exist, by name, in the order of their bytes.
 */
const stringToSign = (fields: SnsFields): string => {
  const names =
    fields['Type'] === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  return names
    .filter((name) => typeof fields[name] === 'string')
    .map((name) => `${name}\n${String(fields[name])}\n`)
    .join('')
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const day = 86_400_000

export const snsHttp = async ({
  topicArn = 'arn:aws:sns:eu-west-1:123456789012:ecs-events',
  host = 'https://sns.eu-west-1.amazonaws.com',
  signatureVersion = '1',
  keys = sharedKeys(),
  clock = systemClock,
  retries = 3,
  retryMs = 20_000,
}: SnsHttpOptions = {}): Promise<SnsHttp> => {
  const { privateKey, publicKey } = keys
  const asked: string[] = []
  const server = httpServer((request, response) => {
    // The `Date` header comes from the given clock.
    response.setHeader('date', new Date(clock.now()).toUTCString())
    if (sns.respond !== undefined) sns.respond(request, response)
    else if (request.url?.endsWith('.pem')) response.end(sns.certificate)
    else if (request.url?.startsWith('/?Action=ConfirmSubscription&'))
      response.end('<ConfirmSubscriptionResponse/>')
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const local = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const sns: SnsHttp = {
    topicArn,
    certificateUrl: `${host}/SimpleNotificationService-0123456789abcdef.pem`,
    privateKey,
    asked,
    respond: undefined,
    certificate: selfSignedCertificate({
      subject: 'sns.amazonaws.com',
      privateKey,
      publicKey,
      from: clock.now() - day,
      to: clock.now() + day,
    }),
    fetch: (url, init) => {
      asked.push(url)
      const { pathname, search } = new URL(url)
      return fetch(`${local}${pathname}${search}`, init)
    },
    signed: (fields) => ({
      ...fields,
      Signature:
        fields['Signature'] ??
        createSign(fields['SignatureVersion'] === '2' ? 'RSA-SHA256' : 'RSA-SHA1')
          .update(stringToSign(fields))
          .sign(privateKey, 'base64'),
    }),
    notification: (message, changes = {}) =>
      sns.signed({
        Type: 'Notification',
        MessageId: randomUUID(),
        TopicArn: topicArn,
        Message: message,
        Timestamp: new Date(clock.now()).toISOString(),
        SignatureVersion: signatureVersion,
        SigningCertURL: sns.certificateUrl,
        UnsubscribeURL: `${host}/?Action=Unsubscribe&SubscriptionArn=${topicArn}:0`,
        ...changes,
      }),
    confirmation: (changes = {}) =>
      sns.signed({
        Type: 'SubscriptionConfirmation',
        MessageId: randomUUID(),
        Token: 'a-token',
        TopicArn: topicArn,
        Message: `You have chosen to subscribe to the topic ${topicArn}.`,
        SubscribeURL: `${host}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=a-token`,
        Timestamp: new Date(clock.now()).toISOString(),
        SignatureVersion: signatureVersion,
        SigningCertURL: sns.certificateUrl,
        ...changes,
      }),
    post: async (endpoint, fields, headers) => {
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: headers ?? {
          'content-type': 'text/plain; charset=UTF-8',
          'user-agent': 'Amazon Simple Notification Service Agent',
          'x-amz-sns-message-type': text(fields['Type']),
          'x-amz-sns-message-id': text(fields['MessageId']),
          'x-amz-sns-topic-arn': text(fields['TopicArn']),
        },
        body: JSON.stringify(fields),
      })
      return {
        status: answer.status,
        text: await answer.text(),
        retryAfter: answer.headers.get('retry-after'),
      }
    },
    publish: async (endpoint, message) => {
      const fields = sns.notification(message)
      const never = new AbortController().signal
      for (let attempt = 0; attempt <= retries; attempt++) {
        if (attempt > 0) await clock.sleep(retryMs, never)
        // Also retries after a broken connection.
        const status = await sns.post(endpoint, fields).then(
          (answer) => answer.status,
          () => 503,
        )
        if (status < 300) return 'delivered'
        if (status < 500 && status !== 429) return 'dead'
      }
      return 'dead'
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return sns
}
