import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { BackendStateEvent, StateData } from 'ecs-task-stream/sinks/webhook'
import { listening } from './followed.js'

/** The base64 of 32 bytes. */
export const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

export interface ReceivedRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly event: BackendStateEvent
}

/**
 * What the receiver does with a request: it uses the event, or not, and answers with a status, with what a function
 * writes, or by breaking the connection.
 */
export interface ReceiverAnswer {
  readonly uses: boolean
  readonly answer: number | 'break' | ((response: ServerResponse) => void)
}

export interface WebhookReceiver {
  readonly url: string
  /** Requests whose signature was right, in the order in which they came. */
  readonly requests: readonly ReceivedRequest[]
  /** The number of requests with a wrong signature. */
  readonly forged: () => number
  /** What the receiver knows of each backend. */
  readonly known: ReadonlyMap<string, StateData>
  /** From now on; `undefined` for the usual: it uses the event and answers 204. */
  readonly answerWith: (decide: (event: BackendStateEvent) => ReceiverAnswer | undefined) => void
  readonly close: () => Promise<void>
}

/** As Standard Webhooks describes it, without a line of the sink's. */
const isSigned = (headers: IncomingHttpHeaders, body: string, secret: string): boolean => {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const expected = createHmac('sha256', key)
    .update(`${String(id)}.${String(timestamp)}.${body}`)
    .digest('base64')
  return String(signatures).split(' ').includes(`v1,${expected}`)
}

/** A receiver over real sockets that does as docs/webhook.md says: it keeps the state with the greatest sequence. */
export const webhookReceiver = async (secret = webhookSecret): Promise<WebhookReceiver> => {
  const requests: ReceivedRequest[] = []
  const known = new Map<string, StateData>()
  const sequences = new Map<string, string>()
  let forged = 0
  let decide: (event: BackendStateEvent) => ReceiverAnswer | undefined = () => undefined

  const use = ({ sequence, data }: BackendStateEvent): void => {
    if (sequence <= (sequences.get(data.backend) ?? '')) return
    sequences.set(data.backend, sequence)
    if (data.exists) known.set(data.backend, data)
    else known.delete(data.backend)
  }

  const { url, close } = await listening((request, response) => {
    void text(request).then((body) => {
      const { method = '', headers } = request
      if (!isSigned(headers, body, secret)) {
        forged++
        response.writeHead(401).end()
        return
      }
      const event = JSON.parse(body) as BackendStateEvent
      requests.push({ method, headers, body, event })
      const { uses, answer } = decide(event) ?? { uses: true, answer: 204 }
      if (uses) use(event)
      if (answer === 'break') request.socket.destroy()
      else if (typeof answer === 'function') answer(response)
      else response.writeHead(answer).end()
    })
  })

  return {
    url,
    requests,
    forged: () => forged,
    known,
    answerWith: (next) => {
      decide = next
    },
    close,
  }
}
