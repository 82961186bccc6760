import { eventBridgeWebhook } from 'ecs-task-stream/sources/event-bridge-webhook'
import { sourceContract } from 'ecs-task-stream/testing'
import { decodeJson } from '../support/sqs-backend.js'
import { webhookBackend } from '../support/webhook-backend.js'

const maxInFlight = 45

/** The laws hold deliveries for as long as a slow machine needs for many others. */
const answerWithinMs = 60_000

sourceContract('event-bridge-webhook', {
  make: () =>
    webhookBackend(
      eventBridgeWebhook({ secrets: ['a-secret'], decode: decodeJson, maxInFlight, answerWithinMs }),
      maxInFlight,
      (body) => async (url) => {
        const answer = await fetch(url, { method: 'POST', headers: { 'x-api-key': 'a-secret' }, body })
        await answer.text()
        return { status: answer.status, retryAfter: answer.headers.get('retry-after') }
      },
    ),
})
