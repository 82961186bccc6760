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
 * Takes one request and answers it, in its own time. What every HTTP framework for Node can call: see
 * docs/webhooks.md.
 */
export type WebhookListener = (request: IncomingMessage, response: ServerResponse) => void

/** A source that is told by HTTP requests. */
export interface Webhook extends Source {
  /** Mount it wherever you like. It reads the body itself, or takes what a parser has left in `request.body`. */
  readonly listener: WebhookListener
}

/** How one kind of sender speaks. */
export interface InboxProtocol {
  /** Refuses a request by its head alone, so that who may not speak is not listened to. */
  admit(request: IncomingMessage): Verdict | undefined
  /**
   * Judges a whole request. When `signal` aborts nobody wants the verdict any more: what it waits for it should let go,
   * and the body with it.
   */
  judge(request: IncomingMessage, body: string, signal: AbortSignal): Promise<Verdict>
}

export interface InboxOptions {
  readonly name: string
  readonly protocol: InboxProtocol
  /** `applied`: a request is answered when its delivery is acknowledged; `folded`: as soon as it is delivered. */
  readonly answer: 'applied' | 'folded'
  readonly answerWithinMs: Millis
  /** What a 200 says once a delivery is settled. Default: `applied`. */
  readonly appliedText?: string
  readonly maxBodyBytes: number
  readonly maxInFlight: number
  /** Said to every subscriber at its start. */
  readonly warnings: readonly string[]
  readonly clock: WorkerClock
}

/**
 * Bodies that are being read and judged, all together: some 4,000 usual events. Three quarters are enough for one client,
 * such as a load balancer, and for the largest body that an option allows (16 MiB). A request itself costs Node some
 * kilobytes.
 */
const bounds = {
  bytes: 32 * 1024 * 1024,
  bytesPerClient: 24 * 1024 * 1024,
  bytesPerRequest: 4 * 1024,
} as const

/** Refused before it was delivered: it costs little to try again soon. */
const tryAgain = (text: string): HttpAnswer => ({ status: 503, text, headers: { 'retry-after': '2' } })

const closed = tryAgain('the worker is starting or stopping: send it again')
const noRoom = tryAgain('too much at once: send it again')
const letGo: Verdict = {
  _tag: 'Answer',
  answer: noRoom,
  notice: {
    _tag: 'Warning',
    message:
      'answered 503: too many bodies at once, so the oldest ones that were not whole or not judged were let go',
  },
}
const late: HttpAnswer = { status: 503, text: 'not applied in time: send it again' }
const notApplied = {
  nacked: { status: 503, text: 'not applied: send it again' },
  abandoned: { status: 503, text: 'not applied, the worker stops: send it again' },
} as const satisfies Readonly<Record<string, HttpAnswer>>

/**
 * The machinery that webhooks share: bodies read within bounds, deliveries unsettled up to a bound, answers when they
 * are settled or when time is up. A request that comes while nobody is subscribed, or after the stop, is told to come
 * again.
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

  /** The session that takes what comes now. */
  const open = (): InboxSession | undefined => (current?.stopped === false ? current : undefined)

  /** Reads and judges a request. */
  const judged = async (request: IncomingMessage, place: BodyPlace): Promise<Verdict> => {
    const body = await requestBody(request, { maxBytes: maxBodyBytes, place })
    switch (body._tag) {
      case 'Whole':
        return protocol.judge(request, body.text, place.signal)
      case 'TooLarge':
        return refused(413, `a body of more than ${maxBodyBytes} bytes`)
      case 'NoRoom':
        return letGo
      case 'CutOff':
        return answered(408, 'the body ended early')
      case 'Gone':
        return refused(500, 'the body was read before: mount the webhook in front of what parses bodies')
    }
  }

  /** The same, within a place of the room: it is given back with the verdict, or when nobody waits for one any more. */
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
    // Whoever follows now may be another one than when the request began.
    const session = open()
    if (verdict._tag === 'Answer') {
      if (verdict.notice !== undefined) session?.notice(verdict.notice)
      return verdict.answer
    }
    // Nobody would hear the answer, so it comes again: to deliver it now would be in vain.
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
      sendAnswer(request, response, { status: 500, text: 'a defect: see the log' }, clock)
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
