import { sourceContext } from 'ecs-task-stream/testing'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type ClusterState, type Delivery, emptyState, type Notice, type Source } from 'ecs-task-stream'
import type { WebhookListener } from 'ecs-task-stream/sources/sns-webhook'
import { BehaviorSubject } from 'rxjs'

export interface Listening {
  readonly url: string
  readonly close: () => Promise<void>
}

/** A bare HTTP server in front of a listener. */
export const listening = async (listener: WebhookListener): Promise<Listening> => {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface Followed {
  readonly deliveries: readonly Delivery[]
  readonly notices: readonly Notice[]
  readonly completed: boolean
  readonly stop: () => void
  readonly unsubscribe: () => void
}

/** Follows a source, as `run` does, and hands each delivery to `take`. */
export const followed = (
  source: Source,
  take: (delivery: Delivery) => void = (delivery) => delivery.ack(),
): Followed => {
  const state$ = new BehaviorSubject<ClusterState>(emptyState)
  const deliveries: Delivery[] = []
  const notices: Notice[] = []
  let completed = false
  const subscription = source.deliveries(sourceContext(state$)).subscribe({
    next: (output) => {
      if (output._tag !== 'Delivery') {
        notices.push(output)
        return
      }
      deliveries.push(output)
      take(output)
    },
    complete: () => (completed = true),
  })
  return {
    deliveries,
    notices,
    get completed() {
      return completed
    },
    stop: () => state$.complete(),
    unsubscribe: () => subscription.unsubscribe(),
  }
}

/** A request by hand, for what `fetch` would not send, such as a header twice (a list of values). */
export const requested = async (
  url: string,
  { body, ...options }: RequestOptions & { readonly body?: string },
): Promise<{ readonly status: number; readonly text: string }> => {
  const request = httpRequest(url, { method: 'POST', ...options })
  // Whoever is refused in the middle of a long body may be cut off after the answer; before it, `once` tells.
  request.on('error', () => undefined)
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, text: await text(response) }
}
