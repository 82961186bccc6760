import { sourceContext } from 'ecs-task-stream/testing'
/**
 * What the queue's source relies on, at moto and at the server that our other tests run against; and the source at
 * moto.
 */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { BehaviorSubject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type ClusterState, type Delivery, emptyState, type Notice, type Source } from 'ecs-task-stream'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { faultProxy } from '../../sim/faults/fault-proxy.js'
import { type SqsQueues, sqsQueues } from '../../sim/sqs/sqs-queues.js'
import { ecsEvent } from '../support/ecs-event-builder.js'
import { type Candidate, lawsFor } from './candidates.js'
import { moto } from './witnesses.js'

const openMoto = async (): Promise<SqsQueues> => {
  await moto.empty()
  return sqsQueues(moto.url)
}

const candidates: readonly Candidate<SqsQueues>[] = [
  {
    name: 'moto',
    open: openMoto,
    deviations: {
      'the visibility of a message that was given back': 'moto hides the message again',
      'a long poll whose client has gone': 'moto gives it the next message',
      'a batch of eleven': 'moto finds its ids to be not distinct',
    },
  },
  { name: 'the embedded server', open: embeddedSqs },
]

const eventually = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { timeout: 30_000, interval: 10 })

describe.each(candidates)('$name', (candidate) => {
  const law = lawsFor(candidate)
  let queues: SqsQueues
  let client: SQSClient
  let made = 0
  beforeAll(async () => {
    queues = await candidate.open()
    client = queues.client({ maxAttempts: 1 })
  })
  afterAll(() => queues.close())

  const queueWith = async (...bodies: readonly string[]): Promise<string> => {
    const { url } = await queues.createQueue(`law-${++made}`)
    await queues.send(url, bodies)
    return url
  }
  const receive = async (url: string, { wait = 0, most = 10 } = {}): Promise<readonly Message[]> => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: most,
        WaitTimeSeconds: wait,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      }),
    )
    return Messages
  }
  const only = async (url: string, wait = 0): Promise<Message> => {
    const [message, ...others] = await receive(url, { wait })
    if (message === undefined || others.length > 0) throw new Error('not exactly one message')
    return message
  }
  const remove = (url: string, handles: readonly (string | undefined)[]) =>
    client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url,
        Entries: handles.map((ReceiptHandle, n) => ({ Id: `${n}`, ReceiptHandle })),
      }),
    )
  const hide = (url: string, handle: string | undefined, seconds: number) =>
    client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: url,
        Entries: [{ Id: '0', ReceiptHandle: handle, VisibilityTimeout: seconds }],
      }),
    )
  const invalid = { Id: '0', Code: 'ReceiptHandleIsInvalid', SenderFault: true }

  law('a batched delete by a handle that was never issued fails alone', async () => {
    const url = await queueWith('one')
    const { ReceiptHandle } = await only(url)
    const { Successful, Failed } = await remove(url, ['garbage', ReceiptHandle])
    expect(Successful).toEqual([{ Id: '1' }])
    expect(Failed).toMatchObject([invalid])
    expect(await queues.counts(url)).toEqual({ visible: 0, inFlight: 0 })
  })

  law('a message that is deleted twice is deleted, without complaint', async () => {
    const url = await queueWith('one')
    const { ReceiptHandle } = await only(url)
    for (let times = 0; times < 2; times++)
      expect((await remove(url, [ReceiptHandle])).Successful).toEqual([{ Id: '0' }])
    expect(await queues.counts(url)).toEqual({ visible: 0, inFlight: 0 })
  })

  law('a delete by a superseded handle succeeds, whether or not it deletes', async () => {
    const url = await queueWith('one')
    const first = await only(url)
    await hide(url, first.ReceiptHandle, 0)
    const second = await only(url, 1)
    expect(second.ReceiptHandle).not.toBe(first.ReceiptHandle)
    expect((await remove(url, [first.ReceiptHandle])).Successful).toEqual([{ Id: '0' }])
    expect((await remove(url, [second.ReceiptHandle])).Successful).toEqual([{ Id: '0' }])
    expect(await queues.counts(url)).toEqual({ visible: 0, inFlight: 0 })
  })

  law('a message that is given back comes again at once, and counts its receives', async () => {
    const url = await queueWith('one')
    const first = await only(url)
    expect((await hide(url, first.ReceiptHandle, 0)).Successful).toEqual([{ Id: '0' }])
    const second = await only(url, 1)
    expect(second.MessageId).toBe(first.MessageId)
    expect([first, second].map(({ Attributes }) => Attributes?.ApproximateReceiveCount)).toEqual(['1', '2'])
  })

  law('the visibility of a message that was never received cannot be changed', async () => {
    expect((await hide(await queueWith('one'), 'garbage', 5)).Failed).toMatchObject([invalid])
  })

  law('the visibility of a message that is deleted cannot be changed', async () => {
    const url = await queueWith('one')
    const { ReceiptHandle } = await only(url)
    await remove(url, [ReceiptHandle])
    expect((await hide(url, ReceiptHandle, 5)).Failed).toMatchObject([{ Id: '0', SenderFault: true }])
  })

  law('the visibility of a message that was given back cannot be changed: it is hidden no more', async () => {
    const url = await queueWith('one')
    const { ReceiptHandle } = await only(url)
    await hide(url, ReceiptHandle, 0)
    expect((await hide(url, ReceiptHandle, 5)).Failed).toMatchObject([{ Id: '0', SenderFault: true }])
    expect(await receive(url)).toHaveLength(1)
  })

  law('a long poll ends when a message arrives, or empty after its wait', async () => {
    const url = await queueWith()
    expect(await receive(url, { wait: 1 })).toEqual([])
    const polled = only(url, 20)
    await queues.send(url, ['arrived'])
    expect((await polled).Body).toBe('arrived')
  })

  law('a long poll whose client has gone takes no message', async () => {
    const url = await queueWith()
    const abort = new AbortController()
    const polled = client.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }), {
      abortSignal: abort.signal,
    })
    await queues.counts(url)
    abort.abort()
    await expect(polled).rejects.toMatchObject({ name: 'AbortError' })
    await queues.send(url, ['for the living'])
    expect((await only(url, 5)).Body).toBe('for the living')
  })

  law('a batch of eleven is refused', async () => {
    const url = await queueWith('one')
    const { ReceiptHandle } = await only(url)
    const eleven = Array.from({ length: 11 }, () => ReceiptHandle)
    await expect(remove(url, eleven)).rejects.toMatchObject({ name: 'TooManyEntriesInBatchRequest' })
  })

  law('more than ten messages, or a wait of more than 20 s, cannot be asked for', async () => {
    const url = await queueWith()
    for (const asked of [{ most: 11 }, { wait: 21 }])
      await expect(receive(url, asked)).rejects.toMatchObject({
        name: expect.stringMatching(/InvalidParameterValue$/) as string,
      })
  })

  law('a message of more than 1 MiB is refused', async () => {
    const large = new SendMessageCommand({ QueueUrl: await queueWith(), MessageBody: 'x'.repeat(1_048_577) })
    await expect(client.send(large)).rejects.toMatchObject({
      name: expect.stringMatching(/InvalidParameterValue$/) as string,
    })
  })

  law('a queue that there is not is told by name', async () => {
    await expect(receive(`${await queueWith()}-nowhere`)).rejects.toMatchObject({ name: 'QueueDoesNotExist' })
  })

  law('a message goes to the dead letter queue after its receives', async () => {
    const { url, deadLetterUrl } = await queues.createQueue(`law-${++made}`, {
      redrive: { maxReceiveCount: 2 },
    })
    await queues.send(url, ['poison'])
    for (let receives = 0; receives < 2; receives++) await hide(url, (await only(url, 1)).ReceiptHandle, 0)
    expect(await receive(url)).toEqual([])
    expect((await only(deadLetterUrl!, 1)).Body).toBe('poison')
  })
})

describe('the source at moto', () => {
  let queues: SqsQueues
  let made = 0
  beforeAll(async () => {
    queues = await openMoto()
  })
  afterAll(() => queues.close())

  const listen = (source: Source, settle: (delivery: Delivery) => void = (delivery) => delivery.ack()) => {
    const state$ = new BehaviorSubject<ClusterState>(emptyState)
    const heard = {
      deliveries: [] as Delivery[],
      notices: [] as Notice[],
      completed: false,
      stop: () => state$.complete(),
    }
    const subscription = source.deliveries(sourceContext(state$)).subscribe({
      next: (output) => {
        if (output._tag !== 'Delivery') {
          heard.notices.push(output)
          return
        }
        heard.deliveries.push(output)
        settle(output)
      },
      complete: () => (heard.completed = true),
    })
    onTestFinished(() => subscription.unsubscribe())
    return heard
  }
  const body = JSON.stringify(ecsEvent())

  it('sends what is not an event to the dead letter queue, while events flow', async () => {
    const { url, deadLetterUrl } = await queues.createQueue(`source-${++made}`, {
      redrive: { maxReceiveCount: 2 },
    })
    await queues.send(url, [body, '{', body])
    const heard = listen(
      sqs({ queueUrl: url, client: queues.client(), visibilitySeconds: 1, waitSeconds: 1 }),
    )
    await eventually(async () => expect((await queues.counts(deadLetterUrl!)).visible).toBe(1))
    const undecodable = heard.notices.flatMap((notice) => (notice._tag === 'Undecodable' ? [notice] : []))
    expect(undecodable.map(({ receives }) => receives)).toEqual([1, 2])
    expect(heard.deliveries.flatMap(({ events }) => events)).toHaveLength(2)
    await eventually(async () => expect(await queues.counts(url)).toEqual({ visible: 0, inFlight: 0 }))
    expect(heard.notices.filter(({ _tag }) => _tag === 'Warning' || _tag === 'SourceFailed')).toEqual([])
  })

  it('keeps what is unsettled hidden for longer than its visibility, and deletes it when it is settled', async () => {
    const { url } = await queues.createQueue(`source-${++made}`)
    const proxy = await faultProxy({ target: moto.url })
    onTestFinished(() => proxy.close())
    await queues.send(url, [body])
    const client = queues.client({ endpoint: proxy.url })
    const heard = listen(
      sqs({ queueUrl: url, client, visibilitySeconds: 1, waitSeconds: 1 }),
      () => undefined,
    )
    // Three extensions at half-life are one and a half times the visibility.
    await eventually(() => expect(proxy.calls.get('ChangeMessageVisibilityBatch')).toBeGreaterThanOrEqual(3))
    expect(heard.deliveries).toHaveLength(1)
    heard.deliveries[0]?.ack()
    await eventually(async () => expect(await queues.counts(url)).toEqual({ visible: 0, inFlight: 0 }))
    heard.stop()
    await eventually(() => expect(heard.completed).toBe(true))
    expect(heard.deliveries).toHaveLength(1)
  })

  it('names a queue that there is not', async () => {
    const { url } = await queues.createQueue(`source-${++made}`)
    const heard = listen(sqs({ queueUrl: `${url}-nowhere`, client: queues.client(), waitSeconds: 1 }))
    await eventually(() => {
      const failed = heard.notices.find((notice) => notice._tag === 'SourceFailed')
      expect(failed?.error.message).toMatch(/^queue http:.*-nowhere does not exist: check its URL/)
    })
  })
})
