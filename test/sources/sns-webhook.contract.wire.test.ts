import { snsWebhook } from 'ecs-task-stream/sources/sns-webhook'
import { sourceContract } from 'ecs-task-stream/testing'
import { afterAll, beforeAll } from 'vitest'
import { snsHttp, type SnsHttp } from '../../sim/sns/sns-http.js'
import { decodeJson } from '../support/sqs-backend.js'
import { webhookBackend } from '../support/webhook-backend.js'

let sns: SnsHttp
beforeAll(async () => {
  sns = await snsHttp({ signatureVersion: '2' })
})
afterAll(() => sns.close())

const maxInFlight = 45

/** The laws hold deliveries for as long as a slow machine needs for many others. */
const answerWithinMs = 60_000

sourceContract('sns-webhook', {
  make: () =>
    webhookBackend(
      snsWebhook({
        topics: [sns.topicArn],
        fetch: sns.fetch,
        decode: decodeJson,
        maxInFlight,
        answerWithinMs,
      }),
      maxInFlight,
      (body) => {
        const fields = sns.notification(body)
        return (url) => sns.post(url, fields)
      },
    ),
})
