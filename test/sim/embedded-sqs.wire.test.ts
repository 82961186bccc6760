import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs'
import { request } from 'node:http'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'

describe('embeddedSqs', () => {
  let sqs: EmbeddedSqs
  let client: SQSClient

  beforeAll(async () => {
    sqs = await embeddedSqs()
    client = sqs.client()
  })
  afterAll(() => sqs.close())
  afterEach(() => vi.unstubAllEnvs())

  const receive = async (
    queueUrl: string,
    waitSeconds?: number,
    abortSignal?: AbortSignal,
  ): Promise<Message[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      ...(waitSeconds !== undefined && { WaitTimeSeconds: waitSeconds }),
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    })
    return (await client.send(command, abortSignal ? { abortSignal } : {})).Messages ?? []
  }
  const release = (queueUrl: string, { ReceiptHandle }: Message) =>
    client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
    )
  const remove = (queueUrl: string, handles: readonly (string | undefined)[]) =>
    client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: handles.map((ReceiptHandle, n) => ({ Id: `${n}`, ReceiptHandle })),
      }),
    )

  it('counts what is sent, received and deleted', async () => {
    const { url } = await sqs.createQueue('counted')
    await sqs.send(
      url,
      Array.from({ length: 23 }, (_, n) => `body ${n}`),
    )
    expect(await sqs.counts(url)).toEqual({ visible: 23, inFlight: 0 })
    const received = await receive(url)
    expect(received.map(({ Body }) => Body)).toEqual(Array.from({ length: 10 }, (_, n) => `body ${n}`))
    expect(await sqs.counts(url)).toEqual({ visible: 13, inFlight: 10 })
    const { Successful, Failed } = await remove(
      url,
      received.map(({ ReceiptHandle }) => ReceiptHandle),
    )
    expect(Successful).toHaveLength(10)
    expect(Failed).toEqual([])
    expect(await sqs.counts(url)).toEqual({ visible: 13, inFlight: 0 })
  })

  it('gives queue URLs that lead to it', async () => {
    const { url } = await sqs.createQueue('reachable')
    expect(url).toBe(`${sqs.url}/000000000000/reachable`)
    expect((await client.send(new GetQueueUrlCommand({ QueueName: 'reachable' }))).QueueUrl).toBe(url)
    expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'reach' }))).QueueUrls).toEqual([url])
  })

  it('is reached by a client that knows AWS_ENDPOINT_URL_SQS only', async () => {
    const { url } = await sqs.createQueue('by-environment')
    await sqs.send(url, ['hello'])
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', sqs.url)
    const unconfigured = new SQSClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    })
    const { Messages } = await unconfigured.send(new ReceiveMessageCommand({ QueueUrl: url }))
    expect(Messages?.map(({ Body }) => Body)).toEqual(['hello'])
    unconfigured.destroy()
  })

  it('keeps the queues of two regions apart', async () => {
    const elsewhere = sqs.client({ region: 'eu-west-1' })
    const { url } = await sqs.createQueue('regional')
    await expect(elsewhere.send(new ReceiveMessageCommand({ QueueUrl: url }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    })
  })

  it('wakes a long poll when a message arrives', async () => {
    const { url } = await sqs.createQueue('woken')
    const started = performance.now()
    const polled = receive(url, 20)
    await sqs.send(url, ['wake up'])
    expect((await polled).map(({ Body }) => Body)).toEqual(['wake up'])
    // Before it would have ended by itself.
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  it('wakes a long poll when visibility runs out', async () => {
    const { url } = await sqs.createQueue('returned', { visibilitySeconds: 1 })
    await sqs.send(url, ['twice'])
    const [first] = await receive(url)
    const [second] = await receive(url, 20)
    expect(second?.MessageId).toBe(first?.MessageId)
    expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle)
    expect(second?.Attributes?.ApproximateReceiveCount).toBe('2')
  })

  it('answers an empty long poll after its wait', async () => {
    const { url } = await sqs.createQueue('empty')
    const started = performance.now()
    expect(await receive(url, 1)).toEqual([])
    expect(performance.now() - started).toBeGreaterThanOrEqual(950)
  })

  it('gives each message to one of many waiting polls', async () => {
    const { url } = await sqs.createQueue('shared')
    const polls = [receive(url, 1), receive(url, 1), receive(url, 1)]
    await sqs.send(url, ['a', 'b'])
    const bodies = (await Promise.all(polls)).flat().map(({ Body }) => Body)
    expect(bodies.sort()).toEqual(['a', 'b'])
  })

  it('moves a message to the dead letter queue once it was received maxReceiveCount times', async () => {
    const { url, deadLetterUrl } = await sqs.createQueue('poisoned', { redrive: { maxReceiveCount: 2 } })
    await sqs.send(url, ['poison'])
    for (const count of ['1', '2']) {
      const [message] = await receive(url)
      expect(message?.Attributes?.ApproximateReceiveCount).toBe(count)
      await release(url, message!)
    }
    expect(await receive(url)).toEqual([])
    expect(await sqs.counts(url)).toEqual({ visible: 0, inFlight: 0 })
    expect((await receive(deadLetterUrl!)).map(({ Body }) => Body)).toEqual(['poison'])
  })

  describe('where fauxqs differs from SQS', () => {
    const invalid = { Code: 'ReceiptHandleIsInvalid', SenderFault: true }

    it('fails a batched delete by a receipt handle that was never issued, and does the rest', async () => {
      const { url } = await sqs.createQueue('garbage')
      await sqs.send(url, ['kept', 'removed'])
      const [, removed] = await receive(url)
      const { Successful, Failed } = await remove(url, ['garbage', removed?.ReceiptHandle])
      expect(Successful).toEqual([{ Id: '1' }])
      expect(Failed).toMatchObject([{ Id: '0', ...invalid }])
      expect(await sqs.counts(url)).toEqual({ visible: 0, inFlight: 1 })
    })

    it('keeps the message of a batched delete by a superseded receipt handle, and reports success', async () => {
      const { url } = await sqs.createQueue('superseded')
      await sqs.send(url, ['again'])
      const [first] = await receive(url)
      await release(url, first!)
      const [second] = await receive(url, 1)
      expect((await remove(url, [first?.ReceiptHandle])).Successful).toEqual([{ Id: '0' }])
      expect(await sqs.counts(url)).toEqual({ visible: 0, inFlight: 1 })
      expect((await remove(url, [second?.ReceiptHandle])).Failed).toEqual([])
      expect(await sqs.counts(url)).toEqual({ visible: 0, inFlight: 0 })
    })

    it('deletes twice without complaint', async () => {
      const { url } = await sqs.createQueue('deleted-twice')
      await sqs.send(url, ['once'])
      const [message] = await receive(url)
      await remove(url, [message?.ReceiptHandle])
      expect((await remove(url, [message?.ReceiptHandle])).Failed).toEqual([])
    })

    /** A long poll that is certainly waiting at the server when its connection is cut. */
    const abandonedPoll = async (at: EmbeddedSqs, queueUrl: string): Promise<void> => {
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'AmazonSQS.ReceiveMessage',
      }
      const poll = request(at.url, { method: 'POST', headers: { ...headers, expect: '100-continue' } })
      poll.on('error', () => undefined)
      poll.flushHeaders()
      await once(poll, 'continue')
      poll.end(JSON.stringify({ QueueUrl: queueUrl, WaitTimeSeconds: 20 }))
      await once(poll, 'finish')
      // Requests are read in the order of their arrival: when this one is answered, the poll is waiting.
      await at.counts(queueUrl)
      const closed = new Promise((resolve) => poll.once('close', resolve))
      poll.destroy()
      await closed
      await at.counts(queueUrl)
    }

    it('gives no message to a long poll whose client has gone', async () => {
      const { url } = await sqs.createQueue('abandoned')
      await abandonedPoll(sqs, url)
      await sqs.send(url, ['for the living'])
      expect(await sqs.counts(url)).toEqual({ visible: 1, inFlight: 0 })
      const [message] = await receive(url, 1)
      expect(message?.Attributes?.ApproximateReceiveCount).toBe('1')
    })

    it('leaves a message to the next poll when the SDK aborts one', async () => {
      const { url } = await sqs.createQueue('aborted')
      const abort = new AbortController()
      const polled = receive(url, 20, abort.signal)
      await sqs.counts(url)
      abort.abort()
      await expect(polled).rejects.toMatchObject({ name: 'AbortError' })
      await sqs.counts(url)
      await sqs.send(url, ['for the living'])
      expect(await receive(url, 5)).toHaveLength(1)
    })

    it('shows both deviations when it is configured not to correct them', async () => {
      const raw = await embeddedSqs({ corrected: false })
      const { url } = await raw.createQueue('raw')
      await abandonedPoll(raw, url)
      await raw.send(url, ['for the dead'])
      await expect.poll(() => raw.counts(url)).toEqual({ visible: 0, inFlight: 1 })
      const { Successful } = await raw
        .client()
        .send(
          new DeleteMessageBatchCommand({ QueueUrl: url, Entries: [{ Id: '0', ReceiptHandle: 'garbage' }] }),
        )
      expect(Successful).toEqual([{ Id: '0' }])
      await raw.close()
    })
  })

  it('ends waiting polls when it closes, and answers no more', async () => {
    const other = await embeddedSqs()
    const { url } = await other.createQueue('closing')
    const poll = new SQSClient({
      endpoint: other.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      maxAttempts: 1,
    })
    const polled = poll.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 })).catch(String)
    await other.counts(url)
    await other.close()
    expect(await polled).toContain('Error')
    await expect(fetch(other.url)).rejects.toThrow()
    poll.destroy()
  })
})
