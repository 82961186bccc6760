import * as fc from 'fast-check'
import { BehaviorSubject, type Subscription } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { type ClusterState, emptyState } from '../core/cluster-state.js'
import type { ClusterEvent } from '../core/event.js'
import type { Delivery, Notice, Source } from '../core/source.js'
import { sourceContext } from './source-context.js'

/** A new source with an empty backend, such as a queue, a web server with its sender, or a list. */
export interface SourceBackend {
  readonly source: Source
  /**
   * Makes the backend offer these events, in any number of deliveries and any order; may be called without a
   * subscriber. Resolves once the backend has them, not once they are delivered. All are `TaskChanged`; the laws
   * compare task ARNs, so an encoding may lose the rest.
   */
  publish(events: readonly ClusterEvent[]): Promise<void>
  /** Makes the backend offer one message that is not an event. */
  readonly publishGarbage?: () => Promise<void>
  /**
   * Lets enough time pass for the backend to offer again what was delivered or nacked but not acknowledged: a queue's
   * visibility timeout, a sender's retry. The laws call it while no delivery is held.
   */
  readonly redeliver?: () => Promise<void>
  /**
   * The number of unacknowledged messages in the backend, delivered or not, including undecodable messages that it
   * keeps.
   */
  unacknowledged(): Promise<number>
  /** The source's limit of unsettled events. At least 40, because other laws leave up to 25 unsettled. */
  readonly maxInFlight?: number
  dispose(): Promise<void>
}

/** Capabilities that a source may lack by its nature; otherwise it needs the optional member of `SourceBackend`. */
export type SourceCapability = 'publishGarbage' | 'redeliver' | 'maxInFlight'

export interface SourceHarness {
  readonly make: () => Promise<SourceBackend>
  /** Laws that need one of these are shown as skipped. Default: none. */
  readonly lacks?: readonly SourceCapability[]
  /** Random cases per law. Default: 10, suitable for a backend behind a network. */
  readonly runs?: number
  /** How long to wait for one condition, in milliseconds. Default: 20,000. */
  readonly patienceMs?: number
}

const keyOf = (event: ClusterEvent): string =>
  event._tag === 'TaskChanged' ? event.task.arn : JSON.stringify(event)

const place = 'arn:aws:ecs:us-east-1:123456789012'

/** Running tasks, numbered from `from`. */
const tasks = (count: number, from = 0): readonly ClusterEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    _tag: 'TaskChanged',
    task: {
      arn: `${place}:task/contract/${String(from + i).padStart(32, '0')}`,
      cluster: `${place}:cluster/contract`,
      group: 'service:contract',
      definition: `${place}:task-definition/contract:1`,
      instance: undefined,
      launchType: 'FARGATE',
      version: 3,
      at: Date.UTC(2026, 0, 1),
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      interface: { version: 3, ipv4: '10.0.0.1', ipv6: undefined },
      containers: [
        {
          name: 'app',
          version: 3,
          lastStatus: 'RUNNING',
          arn: undefined,
          runtimeId: undefined,
          bindingsVersion: -1,
          bindings: [],
        },
      ],
      health: undefined,
    },
  }))

/** A subscriber that records everything. */
class Subscriber {
  /** Keys of events, once per delivery. */
  readonly seen: string[] = []
  readonly deliveries: Delivery[] = []
  readonly notices: Notice[] = []
  completed = false
  readonly errors: unknown[] = []
  private readonly state$ = new BehaviorSubject<ClusterState>(emptyState)
  private readonly subscription: Subscription

  constructor(source: Source, onDelivery: (delivery: Delivery, index: number) => void = () => undefined) {
    this.subscription = source.deliveries(sourceContext(this.state$)).subscribe({
      next: (output) => {
        if (output._tag !== 'Delivery') {
          this.notices.push(output)
          return
        }
        this.seen.push(...output.events.map(keyOf))
        this.deliveries.push(output)
        onDelivery(output, this.deliveries.length - 1)
      },
      complete: () => (this.completed = true),
      error: (error) => this.errors.push(error),
    })
  }

  sawAll(events: readonly ClusterEvent[]): boolean {
    const seen = new Set(this.seen)
    return events.every((event) => seen.has(keyOf(event)))
  }

  times(event: ClusterEvent | undefined): number {
    return this.seen.filter((key) => event !== undefined && key === keyOf(event)).length
  }

  stop(): void {
    this.state$.complete()
  }

  unsubscribe(): void {
    this.subscription.unsubscribe()
  }
}

const present = <A>(member: A | undefined, name: SourceCapability): A => {
  if (member === undefined) throw new Error(`the backend has no ${name}: add it, or say so in lacks`)
  return member
}

/**
 * The laws of `Source`, as tests. Call it at the top of a test file, once for each source:
 *
 * ```ts
 * sourceContract('my queue', { make: async () => ({ source, publish, unacknowledged, … }) })
 * ```
 */
export const sourceContract = (name: string, harness: SourceHarness): void => {
  const { make, lacks = [], runs = 10, patienceMs = 20_000 } = harness

  const until = (what: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
    vi.waitFor(
      async () => {
        if (!(await holds())) throw new Error(`never came true: ${what}`)
      },
      { timeout: patienceMs, interval: 5 },
    )

  /** Runs a case with its own backend, and checks that no subscription failed. */
  const onBackend = async (
    body: (
      backend: SourceBackend,
      subscribe: (onDelivery?: (delivery: Delivery, index: number) => void) => Subscriber,
    ) => Promise<void>,
  ): Promise<void> => {
    const backend = await make()
    const subscribers: Subscriber[] = []
    try {
      await body(backend, (onDelivery) => {
        const subscriber = new Subscriber(backend.source, onDelivery)
        subscribers.push(subscriber)
        return subscriber
      })
      expect(subscribers.flatMap(({ errors }) => errors)).toEqual([])
    } finally {
      for (const subscriber of subscribers) subscriber.unsubscribe()
      await backend.dispose()
    }
  }

  const law = (sentence: string, needs: readonly SourceCapability[], test: () => Promise<void>): void => {
    it.skipIf(needs.some((capability) => lacks.includes(capability)))(
      sentence,
      test,
      // fast-check shrinks a failure by running again, which is worth the time.
      runs * patienceMs,
    )
  }

  const check = <A extends [unknown, ...unknown[]]>(
    arbitraries: { [K in keyof A]: fc.Arbitrary<A[K]> },
    predicate: (...values: A) => Promise<void>,
  ): Promise<void> => fc.assert(fc.asyncProperty(...arbitraries, predicate), { numRuns: runs })

  const settled = (backend: SourceBackend, left: number): Promise<void> =>
    until(`${left} unacknowledged`, async () => (await backend.unacknowledged()) === left)

  describe(`source contract: ${name}`, () => {
    law('delivers every event, and nothing is left once all are acknowledged', [], () =>
      check([fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 })], (sizes) =>
        onBackend(async (backend, subscribe) => {
          const subscriber = subscribe((delivery) => delivery.ack())
          let all: readonly ClusterEvent[] = []
          for (const size of sizes) {
            const events = tasks(size, all.length)
            all = [...all, ...events]
            await backend.publish(events)
          }
          await until('all are delivered', () => subscriber.sawAll(all))
          await settled(backend, 0)
        }),
      ),
    )

    law('delivers again what was not acknowledged, and never what was', ['redeliver'], () =>
      check([fc.integer({ min: 1, max: 25 }), fc.infiniteStream(fc.boolean())], async (count, acknowledges) =>
        onBackend(async (backend, subscribe) => {
          const left = new Set<string>()
          const events = tasks(count)
          const first = subscribe((delivery) => {
            if (acknowledges.next().value === true) delivery.ack()
            else for (const event of delivery.events) left.add(keyOf(event))
          })
          await backend.publish(events)
          await until('all are delivered', () => first.sawAll(events))
          first.unsubscribe()
          await settled(backend, left.size)
          await present(backend.redeliver, 'redeliver')()
          const second = subscribe((delivery) => delivery.ack())
          await settled(backend, 0)
          expect(new Set(second.seen)).toEqual(left)
        }),
      ),
    )

    law('lets a nacked event come again, and not at once', ['redeliver'], () =>
      onBackend(async (backend, subscribe) => {
        const [refused, other] = tasks(2)
        const events = [refused, other].flatMap((event) => event ?? [])
        const subscriber = subscribe((delivery, index) => {
          if (index === 0) delivery.nack(new Error('not now'))
          else delivery.ack()
        })
        await backend.publish(events.slice(0, 1))
        await until('the first is delivered', () => subscriber.times(refused) === 1)
        await backend.publish(events.slice(1))
        await until('the other is delivered', () => subscriber.times(other) === 1)
        expect(subscriber.times(refused)).toBe(1)
        await present(backend.redeliver, 'redeliver')()
        await until('the first comes again', () => subscriber.times(refused) === 2)
        await settled(backend, 0)
      }),
    )

    law('heeds the first of ack and nack, and neither ever throws', ['redeliver'], () =>
      check([fc.array(fc.constantFrom('ack', 'nack'), { minLength: 1, maxLength: 4 })], (calls) =>
        onBackend(async (backend, subscribe) => {
          const [event, marker] = tasks(2)
          const events = [event, marker].flatMap((one) => one ?? [])
          const subscriber = subscribe((delivery, index) => {
            if (index > 0) {
              delivery.ack()
              return
            }
            for (const call of calls)
              if (call === 'ack') delivery.ack()
              else delivery.nack(new Error('not now'))
          })
          await backend.publish(events.slice(0, 1))
          await until('it is delivered', () => subscriber.times(event) === 1)
          if (calls[0] === 'ack') await settled(backend, 0)
          await present(backend.redeliver, 'redeliver')()
          await backend.publish(events.slice(1))
          await until('the marker is delivered', () => subscriber.times(marker) === 1)
          await settled(backend, 0)
          expect(subscriber.times(event)).toBe(calls[0] === 'ack' ? 1 : 2)
        }),
      ),
    )

    law('never has more unsettled than its bound, and goes on when some are settled', ['maxInFlight'], () =>
      onBackend(async (backend, subscribe) => {
        const bound = present(backend.maxInFlight, 'maxInFlight')
        const events = tasks(bound * 3)
        const held: Delivery[] = []
        let most = 0
        const unsettled = (): number => held.reduce((sum, delivery) => sum + delivery.events.length, 0)
        const subscriber = subscribe((delivery) => {
          held.push(delivery)
          most = Math.max(most, unsettled())
        })
        await backend.publish(events)
        while (!subscriber.sawAll(events)) {
          // Settles one delivery only when nothing arrives for three polls, so that the source had time to exceed its
          // limit.
          const before = subscriber.seen.length
          for (let round = 0; round < 3; round++) await backend.unacknowledged()
          if (subscriber.seen.length === before) held.shift()?.ack()
        }
        expect(most).toBeLessThanOrEqual(bound)
        expect(most).toBeGreaterThan(0)
        for (const delivery of held) delivery.ack()
        await settled(backend, 0)
      }),
    )

    law(
      'reports what cannot be decoded, does not acknowledge it, and holds up no other',
      ['publishGarbage'],
      () =>
        onBackend(async (backend, subscribe) => {
          const events = tasks(4)
          const subscriber = subscribe((delivery) => delivery.ack())
          await backend.publish(events.slice(0, 2))
          await present(backend.publishGarbage, 'publishGarbage')()
          await backend.publish(events.slice(2))
          await until('the others are delivered', () => subscriber.sawAll(events))
          await until('it is reported', () => subscriber.notices.some(({ _tag }) => _tag === 'Undecodable'))
          for (const notice of subscriber.notices)
            if (notice._tag === 'Undecodable') expect(notice.reason).not.toBe('')
          await settled(backend, 1)
          subscriber.stop()
          await until('it completes', () => subscriber.completed)
          expect(await backend.unacknowledged()).toBe(1)
        }),
    )

    law('after a stop receives nothing more, and completes once what it delivered is settled', [], () =>
      check([fc.integer({ min: 1, max: 25 }), fc.infiniteStream(fc.boolean())], async (count, acknowledges) =>
        onBackend(async (backend, subscribe) => {
          const events = tasks(count)
          const subscriber = subscribe()
          await backend.publish(events)
          await until('all are delivered', () => subscriber.sawAll(events))
          subscriber.stop()
          const late = tasks(3, count)
          await backend.publish(late)
          let left = late.length
          for (const delivery of subscriber.deliveries) {
            expect(subscriber.completed).toBe(false)
            if (acknowledges.next().value === true) delivery.ack()
            else {
              delivery.nack(new Error('stopping'))
              left += delivery.events.length
            }
          }
          await until('it completes', () => subscriber.completed)
          expect(await backend.unacknowledged()).toBe(left)
          expect(subscriber.seen).toHaveLength(count)
        }),
      ),
    )

    law('completes at once when it is stopped with nothing unsettled', [], () =>
      onBackend(async (_, subscribe) => {
        const subscriber = subscribe()
        subscriber.stop()
        await until('it completes', () => subscriber.completed)
      }),
    )

    law(
      'delivers nothing after it is unsubscribed, and leaves all to the next subscriber',
      ['redeliver'],
      () =>
        check([fc.integer({ min: 1, max: 15 })], (count) =>
          onBackend(async (backend, subscribe) => {
            const [early, late] = [tasks(count), tasks(count, count)]
            const first = subscribe()
            await backend.publish(early)
            await until('all are delivered', () => first.sawAll(early))
            first.unsubscribe()
            await backend.publish(late)
            await present(backend.redeliver, 'redeliver')()
            const second = subscribe((delivery) => delivery.ack())
            await until('all come to the next', () => second.sawAll([...early, ...late]))
            for (const delivery of first.deliveries) delivery.ack()
            await settled(backend, 0)
            expect(first.times(late[0])).toBe(0)
            expect(first.completed).toBe(false)
          }),
        ),
    )
  })
}
