import { setMaxListeners } from 'node:events'
import { type ClusterEvent, systemClock } from 'ecs-task-stream'
import type { Webhook } from 'ecs-task-stream/sources/sns-webhook'
import type { SourceBackend } from 'ecs-task-stream/testing'
import { listening } from './followed.js'

interface Posted {
  readonly status: number
  readonly retryAfter: string | null
}

interface Message {
  /** Posts it; the same every time. */
  readonly post: () => Promise<Posted>
  /** `held` waits for the sender's next try, `dead` for none, as in a dead-letter queue. */
  state: 'due' | 'under way' | 'held' | 'dead' | 'taken'
}

/**
 * A sender that posts to a webhook, and heeds its answers: who was refused at the door (Retry-After) asks again soon,
 * who failed waits.
 */
export const webhookBackend = async (
  source: Webhook,
  maxInFlight: number,
  encode: (body: string) => (url: string) => Promise<Posted>,
): Promise<SourceBackend> => {
  const server = await listening(source.listener)
  const messages: Message[] = []
  const disposed = new AbortController()
  // Every message that waits listens.
  setMaxListeners(0, disposed.signal)

  const send = async (message: Message): Promise<void> => {
    // Backs off: a hundred that ask every 20 ms keep a machine busy with refusing them.
    let pauseMs = 20
    while (message.state === 'due' && !disposed.signal.aborted) {
      message.state = 'under way'
      const { status, retryAfter } = await message.post().catch(() => ({ status: 503, retryAfter: null }))
      if (status < 300) message.state = 'taken'
      else if (status < 500) message.state = 'dead'
      else if (retryAfter === null) message.state = 'held'
      else {
        message.state = 'due'
        await systemClock.sleep(pauseMs, disposed.signal)
        pauseMs = Math.min(2 * pauseMs, 320)
      }
    }
  }
  const offer = (body: string): void => {
    const post = encode(body)
    const message: Message = { post: () => post(server.url), state: 'due' }
    messages.push(message)
    void send(message)
  }

  /** What was answered before this question was asked has arrived when it is answered. */
  const everythingArrived = async (): Promise<void> => {
    await (await fetch(server.url)).text()
  }

  return {
    source,
    maxInFlight,
    publish: (events: readonly ClusterEvent[]) => {
      for (const event of events) offer(JSON.stringify(event))
      return Promise.resolve()
    },
    publishGarbage: () => {
      offer('{')
      return Promise.resolve()
    },
    redeliver: async () => {
      await everythingArrived()
      for (const message of messages.filter(({ state }) => state === 'held')) {
        message.state = 'due'
        void send(message)
      }
    },
    unacknowledged: async () => {
      await everythingArrived()
      return messages.filter(({ state }) => state !== 'taken').length
    },
    dispose: () => {
      disposed.abort()
      return server.close()
    },
  }
}
