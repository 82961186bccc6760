import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { EventEmitter } from 'node:events'
import { receiptHandles } from './receipt-handles.js'

/** The members of requests and responses that are read or changed here. fauxqs checks their types. */
interface Payload {
  QueueUrl?: string
  QueueUrls?: string[]
  WaitTimeSeconds?: number
  Entries?: { Id: string; ReceiptHandle: string }[]
  Messages?: { ReceiptHandle: string }[]
  Successful?: { Id: string }[]
  Failed?: { Id: string; Code: string; SenderFault: boolean; Message: string }[]
}

const PREFIX = 'AmazonSQS.'

const operationOf = ({ headers }: FastifyRequest): string | undefined => {
  const target = headers['x-amz-target']
  return typeof target === 'string' && target.startsWith(PREFIX) ? target.slice(PREFIX.length) : undefined
}

/**
 * fauxqs names queues `http://sqs.<region>.localhost:<port>/…`, which few machines resolve, and identifies a queue by
 * that whole text. Here a queue's URL has the authority that its caller used, so that any client can reach it, with or
 * without `endpoint`, and through a proxy. In requests, only the path of the URL counts, as at SQS.
 */
export function reachableQueueUrls(app: FastifyInstance): void {
  const doors = new WeakMap<FastifyRequest, string>()

  app.addHook('preHandler', (request, _reply, done) => {
    doors.set(request, request.headers.host ?? 'localhost')
    // Without a port, so that the URL inside fauxqs does not depend on how the queue was created.
    request.raw.headers.host = 'localhost'
    const body = request.body as Payload | undefined
    if (operationOf(request) !== undefined && body?.QueueUrl !== undefined && URL.canParse(body.QueueUrl)) {
      body.QueueUrl = `http://sqs.${regionOf(request)}.localhost${new URL(body.QueueUrl).pathname}`
    }
    done()
  })

  app.addHook('preSerialization', (request, _reply, payload, done) => {
    if (operationOf(request) === undefined) {
      done(null, payload)
      return
    }
    const answer = payload as Payload
    const reachable = (url: string) => `http://${doors.get(request) ?? 'localhost'}${new URL(url).pathname}`
    if (answer.QueueUrl !== undefined) answer.QueueUrl = reachable(answer.QueueUrl)
    if (answer.QueueUrls !== undefined) answer.QueueUrls = answer.QueueUrls.map(reachable)
    done(null, answer)
  })
}

/** The region that the signature is scoped to: `Credential=<key>/<date>/<region>/sqs/aws4_request`. */
const regionOf = ({ headers }: FastifyRequest): string =>
  /Credential=[^/]+\/\d{8}\/([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? 'us-east-1'

/**
 * Two deviations of fauxqs 1.9.2 from SQS that would hide bugs of a consumer:
 *
 * - DeleteMessageBatch succeeds for any receipt handle. SQS reports entries that fail, which a consumer must look
 *   for: a handle that was never issued fails here as `ReceiptHandleIsInvalid`. One that a later receive superseded
 *   succeeds and deletes nothing, which SQS says may happen: no answer tells a consumer that it used an old handle.
 *   (One whose visibility ran out, not yet superseded, deletes at SQS; fauxqs keeps that message, as SQS may on rare
 *   occasions.)
 * - A long poll whose client went away still takes the next message, which then stays invisible for a whole
 *   visibility timeout. At a graceful shutdown that looks like a lost message. Here fauxqs only ever sees short
 *   polls, and a wait ends with its client.
 *
 * Both corrections change the responses of fauxqs in the same process: a receive that finds messages costs no additional
 * request. A queue's ReceiveMessageWaitTimeSeconds is ignored: only a wait in the request is corrected.
 */
export function correctSqs(app: FastifyInstance): void {
  const handles = receiptHandles()
  const arrivals = new EventEmitter().setMaxListeners(0)
  const waits = new WeakMap<FastifyRequest, number>()

  app.addHook('preHandler', (request, _reply, done) => {
    const body = request.body as Payload | undefined
    // fauxqs refuses a value outside 0 to 20.
    if (operationOf(request) === 'ReceiveMessage' && body?.WaitTimeSeconds !== undefined) {
      if (body.WaitTimeSeconds > 0 && body.WaitTimeSeconds <= 20) {
        waits.set(request, body.WaitTimeSeconds * 1000)
        body.WaitTimeSeconds = 0
      }
    }
    done()
  })

  app.addHook('preSerialization', async (request, reply, payload) => {
    const operation = operationOf(request)
    const body = request.body as Payload
    if (operation === undefined || reply.statusCode !== 200) return payload
    const answer = payload as Payload
    switch (operation) {
      case 'SendMessage':
      case 'SendMessageBatch':
      case 'ChangeMessageVisibility':
      case 'ChangeMessageVisibilityBatch':
        arrivals.emit(queueOf(body))
        return answer
      case 'ReceiveMessage': {
        const waitMs = waits.get(request)
        if (waitMs !== undefined && answer.Messages === undefined) return longPoll(request, reply, waitMs)
        for (const { ReceiptHandle } of answer.Messages ?? []) handles.issue(ReceiptHandle)
        return answer
      }
      case 'DeleteMessageBatch':
        return failInvalid(body, answer)
      default:
        return answer
    }
  })

  const failInvalid = (body: Payload, answer: Payload): Payload => {
    const invalid = new Set(
      body.Entries?.filter((entry) => !handles.issued(entry.ReceiptHandle)).map(({ Id }) => Id),
    )
    return {
      Successful: (answer.Successful ?? []).filter(({ Id }) => !invalid.has(Id)),
      Failed: [...invalid].map((Id) => ({
        Id,
        Code: 'ReceiptHandleIsInvalid',
        SenderFault: true,
        Message: 'The input receipt handle is invalid.',
      })),
    }
  }

  const longPoll = async (request: FastifyRequest, reply: FastifyReply, waitMs: number): Promise<Payload> => {
    const deadline = Date.now() + waitMs
    const gone = () => reply.raw.destroyed || request.raw.socket.destroyed
    while (Date.now() < deadline && !gone()) {
      await arrivalOrTick(queueOf(request.body as Payload))
      if (gone()) break
      const answer = await ask(request, 'ReceiveMessage', request.body as Payload)
      if (answer.Messages === undefined) continue
      if (!gone()) return answer
      // The client disconnected just now. A message that nothing receives must not wait for its visibility
      // timeout.
      const entries = answer.Messages.map(({ ReceiptHandle }, n) => ({
        Id: String(n),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }))
      await ask(request, 'ChangeMessageVisibilityBatch', { ...(request.body as Payload), Entries: entries })
    }
    return {}
  }

  /**
   * Resolves when a message may have arrived. Expiring visibility, delays, redrives and SNS need no request to this
   * queue, so it also resolves after 20 ms.
   */
  const arrivalOrTick = (queue: string): Promise<void> =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(tick)
        arrivals.off(queue, done)
        resolve()
      }
      const tick = setTimeout(done, 20)
      arrivals.on(queue, done)
    })

  /** One request to fauxqs without a socket; it passes the hooks above like any other. */
  const ask = async ({ headers }: FastifyRequest, operation: string, body: Payload): Promise<Payload> => {
    const { 'content-type': contentType = '', authorization = '' } = headers
    const response = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': contentType, authorization, 'x-amz-target': PREFIX + operation },
      payload: JSON.stringify(body),
    })
    // The queue was deleted during the wait: its clients get an empty response now, and the error on their next poll.
    return response.statusCode === 200 ? response.json<Payload>() : {}
  }
}

const queueOf = (body: Payload): string => new URL(body.QueueUrl ?? 'http://localhost/').pathname
