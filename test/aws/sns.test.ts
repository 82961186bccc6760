import { sourceContext } from 'ecs-task-stream/testing'
/**
 * What moto's SNS sends, into queues and over HTTP, arrives as the events that were published; its signatures are
 * real ones.
 */
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { BehaviorSubject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type ClusterEvent, type ClusterState, emptyState, type Notice, type Source } from 'ecs-task-stream'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { type SqsQueues, sqsQueues } from '../../sim/sqs/sqs-queues.js'
import { decodeMessage } from '../../src/sources/ecs-events/ecs-event.js'
import { type Fetch, snsWebhook, type SnsWebhookOptions } from '../../src/sources/webhooks/sns-webhook.js'
import { ecsEvent } from '../support/ecs-event-builder.js'
import { moto } from './witnesses.js'

let queues: SqsQueues
let sns: SNSClient
let names = 0

beforeAll(async () => {
  await moto.empty()
  queues = sqsQueues(moto.url)
  sns = new SNSClient({
    endpoint: moto.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  })
})
afterAll(async () => {
  sns.destroy()
  await queues.close()
})

/** Three task events: with text that JSON and signatures could stumble over, too. */
const published = [{}, { group: 'service:ünï "quoted" \\n line' }, { lastStatus: 'STOPPED', version: 9 }].map(
  (changes) => JSON.stringify(ecsEvent(changes)),
)
const expected = published.map((body) => {
  const decoded = decodeMessage(body)
  if (decoded._tag !== 'Event') throw new Error('not an event')
  return decoded.event
})

const newTopic = async (): Promise<string> =>
  (await sns.send(new CreateTopicCommand({ Name: `events-${++names}` }))).TopicArn!

const publish = async (
  topic: string,
  bodies: readonly string[] = published,
  subject?: string,
): Promise<void> => {
  for (const body of bodies)
    await sns.send(new PublishCommand({ TopicArn: topic, Message: body, Subject: subject }))
}

/** Subscribes to the source until the test ends, and acknowledges all. */
const listen = (source: Source) => {
  const state$ = new BehaviorSubject<ClusterState>(emptyState)
  const heard = { events: [] as ClusterEvent[], notices: [] as Notice[] }
  const subscription = source.deliveries(sourceContext(state$)).subscribe((output) => {
    if (output._tag !== 'Delivery') {
      heard.notices.push(output)
      return
    }
    heard.events.push(...output.events)
    output.ack()
  })
  onTestFinished(() => subscription.unsubscribe())
  return heard
}

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/sns`
}

describe('SNS to SQS', () => {
  const queueOf = async (topic: string, raw: boolean): Promise<string> => {
    const { url } = await queues.createQueue(`subscriber-${++names}`)
    const { Attributes } = await queues
      .client()
      .send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }))
    await sns.send(
      new SubscribeCommand({
        TopicArn: topic,
        Protocol: 'sqs',
        Endpoint: Attributes!.QueueArn,
        Attributes: raw ? { RawMessageDelivery: 'true' } : {},
      }),
    )
    return url
  }

  it.each([
    ['in envelopes', false],
    ['raw', true],
  ])('delivers events %s, and leaves an empty queue', async (_how, raw) => {
    const topic = await newTopic()
    const url = await queueOf(topic, raw)
    const heard = listen(sqs({ queueUrl: url, client: queues.client(), waitSeconds: 1 }))
    await publish(topic)
    await vi.waitFor(() => expect(heard.events).toHaveLength(3), { timeout: 20_000 })
    expect(heard.events).toEqual(expect.arrayContaining(expected))
    await vi.waitFor(async () => expect(await queues.counts(url)).toEqual({ visible: 0, inFlight: 0 }), {
      timeout: 20_000,
    })
  })

  it('delivers the same events wrapped and raw', async () => {
    const topic = await newTopic()
    const urls = [await queueOf(topic, false), await queueOf(topic, true)]
    const heard = urls.map((queueUrl) => listen(sqs({ queueUrl, client: queues.client(), waitSeconds: 1 })))
    await publish(topic)
    for (const { events } of heard) {
      await vi.waitFor(() => expect(events).toHaveLength(3), { timeout: 20_000 })
      expect(events).toEqual(expect.arrayContaining(expected))
    }
  })
})

describe('SNS to HTTP', () => {
  /** The certificates that moto signs with: its server tells services by the scope of the credentials alone. */
  const fetchFromMoto: Fetch = (url, init) =>
    fetch(`${moto.url}${new URL(url).pathname}`, {
      ...init,
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/sns/aws4_request' },
    })

  const subscribed = async (options: Partial<SnsWebhookOptions>, listener?: RequestListener) => {
    const topic = await newTopic()
    const webhook = snsWebhook({ topics: [topic], fetch: fetchFromMoto, ...options })
    const answers: number[] = []
    const endpoint = await serve((request, response) => {
      response.once('finish', () => answers.push(response.statusCode))
      ;(listener ?? webhook.listener)(request, response)
    })
    await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'http', Endpoint: endpoint }))
    return { topic, answers, heard: listen(webhook) }
  }

  it('delivers signed notifications, each verified with the certificate that it names', async () => {
    const { topic, answers, heard } = await subscribed({})
    await publish(topic)
    expect(heard).toEqual({ events: expected, notices: [] })
    expect(answers).toEqual([200, 200, 200])
  })

  it('delivers with verification off', async () => {
    const { topic, answers, heard } = await subscribed({
      verify: 'off',
      fetch: () => Promise.reject(new Error('nothing to fetch')),
    })
    await publish(topic)
    expect(heard.events).toEqual(expected)
    expect(answers).toEqual([200, 200, 200])
  })

  it('refuses a notification whose message was changed on its way', async () => {
    const topic = await newTopic()
    const webhook = snsWebhook({ topics: [topic], fetch: fetchFromMoto })
    const heard = listen(webhook)
    const target = await serve(webhook.listener)
    const forged: number[] = []
    const endpoint = await serve((request, response) => {
      const forge = async (): Promise<void> => {
        const body = (await text(request)).replace('RUNNING', 'STOPPED')
        forged.push((await fetch(target, { method: 'POST', body })).status)
        response.end()
      }
      void forge()
    })
    await sns.send(new SubscribeCommand({ TopicArn: topic, Protocol: 'http', Endpoint: endpoint }))
    await publish(topic, published.slice(0, 1))
    expect(forged).toEqual([403])
    expect(heard.events).toEqual([])
  })

  it('refuses notifications of a topic that is not configured', async () => {
    const { topic, answers, heard } = await subscribed({
      topics: ['arn:aws:sns:us-east-1:123456789012:another'],
    })
    await publish(topic, published.slice(0, 1))
    expect(answers).toEqual([403])
    expect(heard.events).toEqual([])
  })

  it('sends an envelope that decodes to the event, from a plain server, too', async () => {
    const bodies: string[] = []
    const heads: IncomingHttpHeaders[] = []
    const { topic } = await subscribed({}, (request, response) => {
      heads.push(request.headers)
      void text(request).then((body) => {
        bodies.push(body)
        response.end()
      })
    })
    await publish(topic)
    expect(bodies.map((body) => decodeMessage(body))).toEqual(
      expected.map((event) => ({ _tag: 'Event', event })),
    )
    expect(heads.map((head) => head['content-type'])).toEqual(
      published.map(() => 'text/plain; charset=UTF-8'),
    )
  })

  it.skip('delivers notifications with a subject (moto leaves the subject out of what it signs)', async () => {
    const { topic, answers } = await subscribed({})
    await publish(topic, published, 'a subject')
    expect(answers).toEqual([200, 200, 200])
  })

  it.skip('confirms its subscription (moto counts every subscription as confirmed, and asks for nothing)', async () => {
    const { answers } = await subscribed({})
    await vi.waitFor(() => expect(answers).toEqual([200]))
  })

  it.skip('sends the message itself for raw delivery (moto sends its envelope whatever RawMessageDelivery says)', async () => {
    const bodies: string[] = []
    const topic = await newTopic()
    const endpoint = await serve((request, response) => {
      void text(request).then((body) => {
        bodies.push(body)
        response.end()
      })
    })
    const raw = { RawMessageDelivery: 'true' }
    await sns.send(
      new SubscribeCommand({ TopicArn: topic, Protocol: 'http', Endpoint: endpoint, Attributes: raw }),
    )
    await publish(topic)
    expect(bodies).toEqual(published)
  })
})
