import { eventBridgeWebhook } from 'ecs-task-stream/sources/event-bridge-webhook'
import { sourceContract } from 'ecs-task-stream/testing'
import { decodeJson } from '../support/sqs-backend.js'
import { virtualClock } from '../support/virtual-clock.js'
import { webhookBackend } from '../support/webhook-backend.js'
import { contractRuns } from '../laws/runs.js'

const maxInFlight = 45

/** Stands still: the laws hold deliveries for as long as a slow machine needs for many others. */
const clock = virtualClock(Date.now())

sourceContract('event-bridge-webhook', {
  runs: contractRuns(10),
  make: () =>
    webhookBackend(
      eventBridgeWebhook({ secrets: ['a-secret'], decode: decodeJson, maxInFlight, clock }),
      maxInFlight,
      (body) => async (url) => {
        const answer = await fetch(url, { method: 'POST', headers: { 'x-api-key': 'a-secret' }, body })
        await answer.text()
        return { status: answer.status, retryAfter: answer.headers.get('retry-after') }
      },
    ),
})
