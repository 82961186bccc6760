import type { IncomingMessage, ServerResponse } from 'node:http'
import { Observable } from 'rxjs'
import type { Millis } from '../../core/clock.js'
import type { Source } from '../../core/source.js'
import { type BodyPlace, BodyRoom } from '../../shared/http/body-room.js'
import type { WorkerClock } from '../../shared/async/worker-clock.js'
import { clientAddress } from '../../shared/http/client-address.js'
import { type HttpAnswer, sendAnswer } from '../../shared/http/http-answer.js'
import { InboxSession } from './inbox-session.js'
import { requestBody } from '../../shared/http/request-body.js'
import { answered, refused, type Verdict } from './verdict.js'

/**
 * Handles one request and sends its response, possibly later. Any HTTP framework for Node can call it: see
 * docs/webhooks.md.
 */
export type WebhookListener = (request: IncomingMessage, response: ServerResponse) => void

/** A source that receives events in HTTP requests. */
export interface Webhook extends Source {
  /** Mount it on any path. It reads the body itself, or takes what a parser has left in `request.body`. */
  readonly listener: WebhookListener
}

/** The protocol of one kind of sender. */
export interface InboxProtocol {
  /** Refuses a request by its head, before its body is read. `undefined` admits it. */
  admit(request: IncomingMessage): Verdict | undefined
  /**
   * Judges a complete request. When `signal` aborts, the verdict is no longer needed: stop waiting, and release the
   * body.
   */
  judge(request: IncomingMessage, body: string, signal: AbortSignal): Promise<Verdict>
}

export interface InboxOptions {
  readonly name: string
  readonly protocol: InboxProtocol
  /** `applied`: a request is answered when its delivery is acknowledged; `folded`: as soon as it is delivered. */
  readonly answer: 'applied' | 'folded'
  readonly answerWithinMs: Millis
  /** The text of a 200 response once a delivery is settled. Default: `applied`. */
  readonly appliedText?: string
  readonly maxBodyBytes: number
  readonly maxInFlight: number
  /** Warnings that every subscriber receives at the start. */
  readonly warnings: readonly string[]
  readonly clock: WorkerClock
}

/**
 * Memory for all bodies that are being read and judged, enough for about 4,000 typical events. Three quarters are
 * enough for one client, such as a load balancer, and for the largest body that an option allows (16 MiB). The request
 * itself costs Node a few kilobytes.
 */
const bounds = {
  bytes: 32 * 1024 * 1024,
  bytesPerClient: 24 * 1024 * 1024,
  bytesPerRequest: 4 * 1024,
} as const

/** A refusal before the delivery, after which a quick retry is cheap. */
const tryAgain = (text: string): HttpAnswer => ({ status: 503, text, headers: { 'retry-after': '2' } })

const closed = tryAgain('the worker is starting or stopping: retry')
const noRoom = tryAgain('too many requests at once: retry')
const letGo: Verdict = {
  _tag: 'Answer',
  answer: noRoom,
  notice: {
    _tag: 'Warning',
    message: 'answered 503: too many bodies at once, so the oldest incomplete or pending ones were dropped',
  },
}
const late: HttpAnswer = { status: 503, text: 'not applied in time: retry' }
const notApplied = {
  nacked: { status: 503, text: 'not applied: retry' },
  abandoned: { status: 503, text: 'not applied, because the worker is stopping: retry' },
} as const satisfies Readonly<Record<string, HttpAnswer>>

/**
 * Shared by all webhooks: reads bodies within memory bounds, limits unsettled deliveries, and answers requests when
 * their deliveries are settled or time is up. Requests without a subscriber, or after the stop, are answered with 503.
 */
export const httpInbox = (options: InboxOptions): Webhook => {
  const { name, protocol, answer, answerWithinMs, maxBodyBytes, maxInFlight, clock } = options
  const outcomes = { ...notApplied, acked: { status: 200, text: options.appliedText ?? 'applied' } } as const
  let current: InboxSession | undefined
  const room = new BodyRoom(bounds)

  const overflow = (session: InboxSession): HttpAnswer => {
    session.overflow()
    return noRoom
  }

  /** The current session, unless it is stopped. */
  const open = (): InboxSession | undefined => (current?.stopped === false ? current : undefined)

  /** Reads and judges a request. */
  const judged = async (request: IncomingMessage, place: BodyPlace): Promise<Verdict> => {
    const body = await requestBody(request, { maxBytes: maxBodyBytes, place })
    switch (body._tag) {
      case 'Whole':
        return protocol.judge(request, body.text, place.signal)
      case 'TooLarge':
        return refused(413, `the body has more than ${maxBodyBytes} bytes`)
      case 'NoRoom':
        return letGo
      case 'CutOff':
        return answered(408, 'the body ended early')
      case 'Gone':
        return refused(500, 'the body has already been read: mount the webhook before any body parser')
    }
  }

  /** The same, with memory reserved in the room until the verdict, or until the request is no longer waiting. */
  const judgedInRoom = async (request: IncomingMessage, signal: AbortSignal): Promise<Verdict> => {
    const place = room.enter(clientAddress(request.socket))
    const leave = (): void => place.leave()
    signal.addEventListener('abort', leave)
    if (signal.aborted) leave()
    const givenUp = new Promise<Verdict>((resolve) => {
      const giveUp = (): void => resolve(place.isLetGo ? letGo : answered(408, 'the sender has gone'))
      if (place.signal.aborted) giveUp()
      else place.signal.addEventListener('abort', giveUp, { once: true })
    })
    try {
      return await Promise.race([judged(request, place), givenUp])
    } finally {
      signal.removeEventListener('abort', leave)
      leave()
    }
  }

  const answerTo = async (
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<HttpAnswer> => {
    const refusal = protocol.admit(request)
    if (refusal === undefined) {
      const before = open()
      if (before === undefined) return closed
      if (before.full) return overflow(before)
    }
    const verdict = refusal ?? (await judgedInRoom(request, signal))
    // The session may have changed since the request began.
    const session = open()
    if (verdict._tag === 'Answer') {
      if (verdict.notice !== undefined) session?.notice(verdict.notice)
      return verdict.answer
    }
    // The sender no longer waits and will retry, so a delivery now would be useless.
    if (signal.aborted) return late
    if (session === undefined) return closed
    if (verdict.notice !== undefined) session.notice(verdict.notice)
    const outcome = session.deliver(verdict.text, verdict.event, response)
    if (outcome === undefined) return overflow(session)
    return answer === 'folded' ? { status: 200, text: 'folded' } : outcomes[await outcome]
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const done = new AbortController()
    response.once('close', () => done.abort())
    const timeUp = clock.sleep(answerWithinMs, done.signal).then(() => late)
    try {
      sendAnswer(
        request,
        response,
        await Promise.race([answerTo(request, response, done.signal), timeUp]),
        clock,
      )
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      open()?.notice({ _tag: 'SourceFailed', operation: 'request', error, retryIn: undefined })
      sendAnswer(request, response, { status: 500, text: 'internal error: see the log' }, clock)
    }
    done.abort()
  }

  return {
    name,
    covers: [],
    listener: (request, response) => void serve(request, response),
    deliveries: (context) =>
      new Observable((subscriber) => {
        const session = new InboxSession(subscriber, maxInFlight)
        current = session
        clock.follow(context.clock)
        for (const message of options.warnings) session.notice({ _tag: 'Warning', message })
        const stop = (): void => session.stop()
        subscriber.add(context.state$.subscribe({ complete: stop, error: stop }))
        subscriber.add(() => session.abandon())
      }),
  }
}
