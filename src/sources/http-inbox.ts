import type { IncomingMessage, ServerResponse } from 'node:http'
import { Observable } from 'rxjs'
import type { Clock, Millis } from '../core/clock.js'
import type { Source } from '../core/source.js'
import { type HttpAnswer, sendAnswer } from './http-answer.js'
import { InboxSession } from './inbox-session.js'
import { requestBody } from './request-body.js'
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
  /** Judges a whole request. */
  judge(request: IncomingMessage, body: string): Promise<Verdict>
}

/** A verdict, and the body that it is about. */
interface Judged {
  readonly verdict: Verdict
  readonly body: string
}

const unread = (verdict: Verdict): Judged => ({ verdict, body: '' })

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
  readonly clock: Clock
}

/**
 * Bodies that are being read and judged, all together; some 8,000 usual events. Beyond it a flood could fill the
 * memory.
 */
const roomBytes = 32 * 1024 * 1024

/** Refused before it was delivered: it costs little to try again soon. */
const tryAgain = (text: string): HttpAnswer => ({ status: 503, text, headers: { 'retry-after': '2' } })

const closed = tryAgain('nobody follows this webhook now: the worker starts or stops')
const noRoom = tryAgain('too much at once: try again')
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
  let heldBytes = 0

  const overflow = (session: InboxSession): HttpAnswer => {
    session.overflow()
    return noRoom
  }

  /** The session that takes what comes now. */
  const open = (): InboxSession | undefined => (current?.stopped === false ? current : undefined)

  /** Reads and judges a request; its body counts for the room only meanwhile. */
  const judged = async (request: IncomingMessage, signal: AbortSignal): Promise<Judged> => {
    let held = 0
    const room = (bytes: number): boolean => {
      if (heldBytes + bytes > roomBytes) return false
      held += bytes
      heldBytes += bytes
      return true
    }
    try {
      const body = await requestBody(request, { maxBytes: maxBodyBytes, room, signal })
      switch (body._tag) {
        case 'Whole':
          return { body: body.text, verdict: await protocol.judge(request, body.text) }
        case 'TooLarge':
          return unread(refused(413, `a body of more than ${maxBodyBytes} bytes`))
        case 'NoRoom':
          return unread({ _tag: 'Answer', answer: noRoom })
        case 'CutOff':
          return unread(answered(408, 'the body ended early'))
        case 'Gone':
          return unread(
            refused(500, 'the body was read before: mount the webhook in front of what parses bodies'),
          )
      }
    } finally {
      heldBytes -= held
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
    const { verdict, body } = refusal === undefined ? await judged(request, signal) : unread(refusal)
    // Whoever follows now may be another one than when the request began.
    const session = open()
    if (verdict._tag === 'Answer') {
      if (verdict.notice !== undefined) session?.notice(verdict.notice)
      return verdict.answer
    }
    // Nobody would hear the answer, so it comes again: to deliver it now would be in vain.
    if (signal.aborted) return late
    if (session === undefined) return closed
    const outcome = session.deliver(body, verdict.event, response)
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
    deliveries: (state$) =>
      new Observable((subscriber) => {
        const session = new InboxSession(subscriber, maxInFlight)
        current = session
        for (const message of options.warnings) session.notice({ _tag: 'Warning', message })
        const stop = (): void => session.stop()
        subscriber.add(state$.subscribe({ complete: stop, error: stop }))
        subscriber.add(() => session.abandon())
      }),
  }
}
