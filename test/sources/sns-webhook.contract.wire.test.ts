import { snsWebhook } from 'ecs-task-stream/sources/sns-webhook'
import { sourceContract } from 'ecs-task-stream/testing'
import { afterAll, beforeAll } from 'vitest'
import { snsHttp, type SnsHttp } from '../../sim/sns/sns-http.js'
import { decodeJson } from '../support/sqs-backend.js'
import { virtualClock } from '../support/virtual-clock.js'
import { webhookBackend } from '../support/webhook-backend.js'
import { contractRuns } from '../laws/runs.js'

let sns: SnsHttp
beforeAll(async () => {
  sns = await snsHttp({ signatureVersion: '2' })
})
afterAll(() => sns.close())

const maxInFlight = 45

/** Stands still: the laws hold deliveries for as long as a slow machine needs for many others. */
const clock = virtualClock(Date.now())

sourceContract('sns-webhook', {
  runs: contractRuns(10),
  make: () =>
    webhookBackend(
      snsWebhook({
        topics: [sns.topicArn],
        fetch: sns.fetch,
        decode: decodeJson,
        maxInFlight,
        clock,
      }),
      maxInFlight,
      (body) => {
        const fields = sns.notification(body)
        return (url) => sns.post(url, fields)
      },
    ),
})
