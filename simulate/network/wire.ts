import type { Millis } from '../../src/core/clock.js'
import type { Random } from '../../sim/prng.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Timeline } from '../engine/timeline.js'
import { bodyText, operationOf, queryText, type SdkRequest, type SdkResponse } from './sdk-request.js'

export type ServiceName = 'sqs' | 'dynamodb' | 'route53' | 'ecs' | 'ec2' | 'ssm'

/** A request as it arrives. */
export interface WireRequest {
  readonly service: ServiceName
  /** `ReceiveMessage`, or method and path where the protocol has no names. */
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly body: string
}

/** An answer as it leaves. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A service behind the wire. */
export interface SimulatedService {
  /** Has its effect at once; the answer may come later. `by` is the worker that asks. */
  answer(request: WireRequest, by: SimulatedProcess): WireAnswer | Promise<WireAnswer>
  /** The answer of a service that refuses: it has had no effect. */
  refusal(request: WireRequest, kind: 'throttle' | 'error500'): WireAnswer
  /** The answer of so long ago; `undefined` if the service cannot tell. */
  former?(request: WireRequest, ago: Millis): WireAnswer | undefined
}

/** Whoever watches the wire. */
export interface WireObserver {
  /** A call by a worker was sent. */
  sent(process: SimulatedProcess, request: WireRequest): void
  /** An answer has reached a worker. */
  answered(process: SimulatedProcess, request: WireRequest, answer: WireAnswer, sentAt: Millis): void
  /** Whether the worker cannot reach the service now, and whether its connections are reset, or silent. */
  cut(process: SimulatedProcess, service: ServiceName): 'broken' | 'silent' | undefined
}

export interface WireOptions {
  readonly timeline: Timeline
  readonly faults: Faults
  readonly random: Random
  readonly services: Readonly<Record<ServiceName, SimulatedService>>
  readonly observer: WireObserver
}

const named = (name: string, message: string, extra: object = {}): Error =>
  Object.assign(new Error(message), { name, ...extra })

/** As in `clientSettings`. */
const requestTimeoutMs: Millis = 15_000

/**
 * The network between workers and services, in memory: requests and answers are under way for some time, in any order,
 * and some of them are lost.
 */
export class Wire {
  constructor(private readonly options: WireOptions) {}

  /** A `requestHandler` for a client in the process. */
  handler(process: SimulatedProcess, service: ServiceName) {
    return {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: (request: SdkRequest, { abortSignal }: { readonly abortSignal?: unknown } = {}) =>
        this.#call(process, service, request, abortSignal),
      destroy: () => undefined,
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    }
  }

  #call(
    process: SimulatedProcess,
    service: ServiceName,
    sdk: SdkRequest,
    signal: unknown,
  ): Promise<SdkResponse> {
    const body = bodyText(sdk.body)
    const request: WireRequest = {
      service,
      operation: operationOf(sdk, body),
      method: sdk.method,
      path: `${sdk.path}${queryText(sdk.query)}`,
      body,
    }
    const { timeline, observer } = this.options
    const sentAt = timeline.now
    return new Promise((resolve, reject) => {
      // A dead process gets no answer, and sends nothing.
      if (!process.moment()) return
      if (signal instanceof AbortSignal && signal.aborted) {
        reject(named('AbortError', 'Request aborted'))
        return
      }
      let over = false
      const end = (finish: () => void): void => {
        if (over) return
        over = true
        timeline.cancel(timeout)
        if (signal instanceof AbortSignal) signal.removeEventListener('abort', abort)
        if (process.isAlive) finish()
      }
      const abort = (): void => end(() => reject(named('AbortError', 'Request aborted')))
      const patience = requestTimeoutMs + (request.operation === 'ReceiveMessage' ? 25_000 : 0)
      const timeout = timeline.after(patience, () =>
        end(() => reject(named('TimeoutError', 'the request timed out'))),
      )
      if (signal instanceof AbortSignal) signal.addEventListener('abort', abort)
      observer.sent(process, request)
      this.#travel(process, request, {
        broken: () => end(() => reject(named('Error', 'socket hang up', { code: 'ECONNRESET' }))),
        answered: (answer) =>
          end(() => {
            observer.answered(process, request, answer, sentAt)
            resolve({
              response: {
                statusCode: answer.status,
                headers: { ...answer.headers },
                body: Buffer.from(answer.body),
              },
            })
          }),
      })
    })
  }

  /** The way of one request to the service, and of the answer back. */
  #travel(
    process: SimulatedProcess,
    request: WireRequest,
    done: { readonly broken: () => void; readonly answered: (answer: WireAnswer) => void },
  ): void {
    const { timeline, faults, services, observer } = this.options
    const { service, operation } = request
    const where = `${process.name} ${operation}`
    /** Whether it does not arrive. Unless it is silent, the connection breaks. */
    const isLost = (kind: 'lost-request' | 'lost-answer'): boolean => {
      const cut = observer.cut(process, service)
      if (cut === undefined && !faults.happens(kind, 0.01, where)) return false
      if (cut !== 'silent') done.broken()
      return true
    }
    if (faults.happens('hang', 0.002, where)) return
    timeline.after(this.#latency(where), () => {
      if (!process.moment()) return
      if (isLost('lost-request')) return
      const refuses = faults.happens('throttle', 0.01, where)
        ? 'throttle'
        : faults.happens('error500', 0.005, where)
          ? 'error500'
          : undefined
      const answer =
        refuses === undefined
          ? services[service].answer(request, process)
          : services[service].refusal(request, refuses)
      const back = (answered: WireAnswer): void => {
        const isHalf = faults.happens('half-answer', 0.003, where)
        const isStale = service === 'ecs' && faults.happens('stale', 0.05, where)
        const ago = isStale ? 1_000 + 18_000 * faults.dice('stale').next() : 0
        const former = isStale ? services[service].former?.(request, ago) : undefined
        const { status, headers, body } = former ?? answered
        // Without a former answer: what was so when the request arrived, with the time of seconds later.
        const heldFor = former === undefined ? ago : 0
        const sent: WireAnswer = {
          status,
          headers: { date: new Date(timeline.now + heldFor).toUTCString(), ...headers },
          body: isHalf ? body.slice(0, body.length >> 1) : body,
        }
        timeline.after(heldFor + this.#latency(where), () => {
          if (!process.moment()) return
          if (!isLost('lost-answer')) done.answered(sent)
        })
      }
      if (answer instanceof Promise) void answer.then(back)
      else back(answer)
    })
  }

  /** Milliseconds, and seconds for a few. */
  #latency(where: string): Millis {
    const { random, faults } = this.options
    const usual = 1 + 15 * random.next() ** 2
    return faults.happens('slow', 0.01, where) ? usual + 8_000 * faults.dice('slow').next() ** 2 : usual
  }
}
