/** What `eventBridge` relies on, at moto and at the server that our other tests run against; and the sink at moto. */
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import { GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { eventBridge } from 'ecs-task-stream/sinks/event-bridge'
import { backendOf, backendsOf } from 'ecs-task-stream/testing'
import { embeddedEventBridge } from '../../sim/event-bridge/embedded-event-bridge.js'
import { type SqsQueues, sqsQueues } from '../../sim/sqs/sqs-queues.js'
import { reconciled } from '../support/served.js'
import { type Candidate, lawsFor } from './candidates.js'
import { moto } from './witnesses.js'

interface Bus {
  readonly client: EventBridgeClient
  readonly close: () => Promise<void>
}

const motoClient = (): EventBridgeClient =>
  new EventBridgeClient({
    endpoint: moto.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  })

const openMoto = async (): Promise<Bus> => {
  await moto.empty()
  const client = motoClient()
  await client.send(new CreateEventBusCommand({ Name: 'targets' }))
  return {
    client,
    close: () => {
      client.destroy()
      return Promise.resolve()
    },
  }
}

const openEmbedded = async (): Promise<Bus> => {
  const { client, close } = await embeddedEventBridge(['targets'])
  return { client: client(), close }
}

const candidates: readonly Candidate<Bus>[] = [
  { name: 'moto', open: openMoto },
  { name: 'the embedded server', open: openEmbedded },
]

const entry = (changes: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
  EventBusName: 'targets',
  Source: 'law',
  DetailType: 'Backend State',
  Detail: '{"backend":"web"}',
  Time: new Date(1_700_000_000_000),
  ...changes,
})

describe.each(candidates)('$name', (candidate) => {
  const law = lawsFor(candidate)
  let bus: Bus
  beforeAll(async () => {
    bus = await candidate.open()
  })
  afterAll(() => bus.close())
  const put = (...Entries: readonly PutEventsRequestEntry[]) =>
    bus.client.send(new PutEventsCommand({ Entries: [...Entries] }))

  law('takes up to ten entries, each with an id', async () => {
    const { FailedEntryCount, Entries = [] } = await put(...Array.from({ length: 10 }, () => entry()))
    expect(FailedEntryCount).toBe(0)
    expect(new Set(Entries.map(({ EventId }) => EventId)).size).toBe(10)
  })

  law('refuses eleven as a whole', async () => {
    await expect(put(...Array.from({ length: 11 }, () => entry()))).rejects.toMatchObject({
      name: 'ValidationException',
    })
  })

  law('answers for each entry in its place', async () => {
    const { FailedEntryCount, Entries = [] } = await put(
      entry(),
      entry({ Detail: 'no json' }),
      entry({ Source: '' }),
      entry({ DetailType: '' }),
      entry({ Detail: '' }),
      entry(),
    )
    expect(FailedEntryCount).toBe(4)
    expect(Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'MalformedDetail',
      'InvalidArgument',
      'InvalidArgument',
      'InvalidArgument',
      undefined,
    ])
  })

  law('refuses a call for a bus that does not exist', async () => {
    await expect(put(entry({ EventBusName: 'nowhere' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
  })

  law('takes the ARN of a bus', async () => {
    const arn = 'arn:aws:events:us-east-1:123456789012:event-bus/targets'
    expect((await put(entry({ EventBusName: arn }))).FailedEntryCount).toBe(0)
  })
})

describe('the sink at moto', () => {
  let bus: Bus
  let queues: SqsQueues
  beforeAll(async () => {
    bus = await openMoto()
    queues = sqsQueues(moto.url)
  })
  afterAll(async () => {
    await bus.close()
    await queues.close()
  })

  it('reaches the target of a rule that selects its events, with everything that receivers need', async () => {
    const { url } = await queues.createQueue('receiver')
    const { Attributes } = await queues
      .client()
      .send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }))
    const pattern = {
      source: ['ecs-task-stream'],
      'detail-type': ['Backend State'],
      detail: { backend: ['web'] },
    }
    const where = { EventBusName: 'targets' }
    await bus.client.send(
      new PutRuleCommand({
        ...where,
        Name: 'states',
        EventPattern: JSON.stringify(pattern),
        State: 'ENABLED',
      }),
    )
    await bus.client.send(
      new PutTargetsCommand({
        ...where,
        Rule: 'states',
        Targets: [{ Id: 'queue', Arn: Attributes!.QueueArn }],
      }),
    )
    const sink = eventBridge({ client: bus.client, eventBusName: 'targets' })
    const web = backendOf('web', [{ host: '10.0.0.1', port: 80 }])
    const api = backendOf('api', [{ host: '10.0.0.2', port: 80 }])
    await reconciled(sink, backendsOf([web, api]), true, 'us')
    await reconciled(sink, backendsOf([]), true, 'us')
    const events: unknown[] = []
    await vi.waitFor(async () => {
      const { Messages = [] } = await queues
        .client()
        .send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }))
      events.push(...Messages.map(({ Body = '' }) => JSON.parse(Body) as unknown))
      expect(events).toHaveLength(2)
    })
    const common = { source: 'ecs-task-stream', 'detail-type': 'Backend State' }
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...common,
          detail: expect.objectContaining({
            owner: 'us',
            backend: 'web',
            exists: true,
            endpoints: [expect.objectContaining({ address: '10.0.0.1:80' })],
          }) as unknown,
        }),
        expect.objectContaining({
          ...common,
          detail: expect.objectContaining({ backend: 'web', exists: false }) as unknown,
        }),
      ]),
    )
  })
})
