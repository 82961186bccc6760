import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { ClusterEvent } from '../core/event.js'
import type { Delivery } from '../core/source.js'
import { capability } from './source-harness.js'
import { isPublished, keyOf, law, lawOfOne, type SourceCase, type SourceLaw, tasks } from './source-law.js'

/** What was published. Positions in a log are not messages of it. */
const eventsIn = (deliveries: readonly Delivery[]): readonly ClusterEvent[] =>
  deliveries.flatMap(({ events }) => events.filter(isPublished))

/** In a log, what is committed at most: the deliveries before the first that is not acknowledged. */
const committable = (
  deliveries: readonly Delivery[],
  acknowledged: ReadonlySet<Delivery>,
): readonly Delivery[] => {
  const first = deliveries.findIndex((delivery) => !acknowledged.has(delivery))
  return first === -1 ? deliveries : deliveries.slice(0, first)
}

/** In a log, what comes again after a crash. */
const uncommitted = (
  deliveries: readonly Delivery[],
  acknowledged: ReadonlySet<Delivery>,
): readonly Delivery[] => deliveries.slice(committable(deliveries, acknowledged).length)

/** Gives a source that settles too much the time to do so. */
const pause = async ({ backend }: SourceCase): Promise<void> => {
  for (let round = 0; round < 3; round++) await backend.unacknowledged()
}

const someTasks = fc.integer({ min: 1, max: 25 })

/** What comes again after a crash in which some deliveries were acknowledged. */
const afterCrash =
  (left: (deliveries: readonly Delivery[], acknowledged: ReadonlySet<Delivery>) => readonly Delivery[]) =>
  async (
    { backend, subscribe, until, settled }: SourceCase,
    [count, acknowledges]: readonly [number, fc.Stream<boolean>],
  ): Promise<void> => {
    const events = tasks(count)
    const acknowledged = new Set<Delivery>()
    const first = subscribe((delivery) => {
      if (acknowledges.next().value !== true) return
      acknowledged.add(delivery)
      delivery.ack()
    })
    await backend.publish(events)
    await until('all are delivered', () => first.sawAll(events))
    first.unsubscribe()
    const open = eventsIn(left(first.deliveries, acknowledged))
    await settled(open.length)
    await capability(backend.redeliver, 'redeliver')()
    const second = subscribe((delivery) => delivery.ack())
    await settled(0)
    expect(new Set(second.seen)).toEqual(new Set(open.map(keyOf)))
  }

/** What is left when a worker stops, acknowledges some deliveries, and rejects the others. */
const afterStop =
  (left: (deliveries: readonly Delivery[], acknowledged: ReadonlySet<Delivery>) => readonly Delivery[]) =>
  async (
    { backend, subscribe, until }: SourceCase,
    [count, acknowledges]: readonly [number, fc.Stream<boolean>],
  ): Promise<void> => {
    const events = tasks(count)
    const subscriber = subscribe()
    await backend.publish(events)
    await until('all are delivered', () => subscriber.sawAll(events))
    subscriber.stop()
    const late = tasks(3, count)
    await backend.publish(late)
    const acknowledged = new Set<Delivery>()
    for (const delivery of subscriber.deliveries) {
      expect(subscriber.completed).toBe(false)
      if (acknowledges.next().value === true) {
        acknowledged.add(delivery)
        delivery.ack()
      } else delivery.nack(new Error('stopping'))
    }
    await until('it completes', () => subscriber.completed)
    expect(await backend.unacknowledged()).toBe(
      late.length + eventsIn(left(subscriber.deliveries, acknowledged)).length,
    )
    expect(subscriber.seen).toHaveLength(count)
  }

/** Messages around one that is not an event. `kept`: how many stay unacknowledged. */
const withGarbage =
  (kept: number) =>
  async ({ backend, subscribe, until, settled }: SourceCase): Promise<void> => {
    const events = tasks(4)
    const subscriber = subscribe((delivery) => delivery.ack())
    await backend.publish(events.slice(0, 2))
    await capability(backend.publishGarbage, 'publishGarbage')()
    await backend.publish(events.slice(2))
    await until('the others are delivered', () => subscriber.sawAll(events))
    await until('it is reported', () => subscriber.notices.some(({ _tag }) => _tag === 'Undecodable'))
    for (const notice of subscriber.notices)
      if (notice._tag === 'Undecodable') expect(notice.reason).not.toBe('')
    await settled(kept)
    subscriber.stop()
    await until('it completes', () => subscriber.completed)
    expect(await backend.unacknowledged()).toBe(kept)
  }

const withSingleAcks = { needs: ['singleAcks'] } as const
const ofLogs = { without: 'singleAcks' } as const

/** The laws of every source. Each says what it needs of the backend. */
export const sourceLaws: readonly SourceLaw[] = [
  law(
    'delivers every event, and nothing is left once all are acknowledged',
    {},
    fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }),
    async ({ backend, subscribe, until, settled }, sizes) => {
      const subscriber = subscribe((delivery) => delivery.ack())
      let all: readonly ClusterEvent[] = []
      for (const size of sizes) {
        const events = tasks(size, all.length)
        all = [...all, ...events]
        await backend.publish(events)
      }
      await until('all are delivered', () => subscriber.sawAll(all))
      await settled(0)
    },
  ),

  law(
    'delivers again what was not acknowledged, and never what was',
    { needs: ['redeliver', 'singleAcks'] },
    fc.tuple(someTasks, fc.infiniteStream(fc.boolean())),
    afterCrash((deliveries, acknowledged) => deliveries.filter((delivery) => !acknowledged.has(delivery))),
  ),

  law(
    'delivers again everything from the first delivery that was not acknowledged, and nothing before it',
    { needs: ['redeliver'], ...ofLogs },
    fc.tuple(someTasks, fc.infiniteStream(fc.boolean())),
    afterCrash(uncommitted),
  ),

  law(
    'commits nothing beyond the first delivery that is not settled, in whatever order they are',
    ofLogs,
    fc.tuple(fc.integer({ min: 2, max: 15 }), fc.infiniteStream(fc.nat())),
    async (tried, [count, turns]) => {
      const { backend, subscribe, until, settled } = tried
      const events = tasks(count)
      const { deliveries } = subscribe()
      for (const event of events) await backend.publish([event])
      await until('all are delivered', () => eventsIn(deliveries).length === count)
      const acknowledged = new Set<Delivery>()
      const open = [...deliveries]
      while (open.length > 0) {
        const [turn = 0] = turns.take(1)
        for (const delivery of open.splice(turn % open.length, 1)) {
          acknowledged.add(delivery)
          delivery.ack()
        }
        await pause(tried)
        const committed = count - (await backend.unacknowledged())
        expect(committed).toBeLessThanOrEqual(eventsIn(committable(deliveries, acknowledged)).length)
      }
      await settled(0)
    },
  ),

  lawOfOne('lets a nacked event come again, and not at once', { needs: ['redeliver'] }, async (tried) => {
    const { backend, subscribe, until, settled } = tried
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
    await capability(backend.redeliver, 'redeliver')()
    await until('the first comes again', () => subscriber.times(refused) === 2)
    await settled(0)
  }),

  law(
    'heeds the first of ack and nack, and neither ever throws',
    { needs: ['redeliver'] },
    fc.array(fc.constantFrom('ack', 'nack'), { minLength: 1, maxLength: 4 }),
    async ({ backend, subscribe, until, settled }, calls) => {
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
      if (calls[0] === 'ack') await settled(0)
      await capability(backend.redeliver, 'redeliver')()
      await backend.publish(events.slice(1))
      await until('the marker is delivered', () => subscriber.times(marker) === 1)
      await settled(0)
      expect(subscriber.times(event)).toBe(calls[0] === 'ack' ? 1 : 2)
    },
  ),

  lawOfOne(
    'never has more unsettled than its bound, and goes on when some are settled',
    { needs: ['maxInFlight'] },
    async (tried) => {
      const { backend, subscribe, settled } = tried
      const bound = capability(backend.maxInFlight, 'maxInFlight')
      const events = tasks(bound * 3)
      const held: Delivery[] = []
      let most = 0
      const subscriber = subscribe((delivery) => {
        held.push(delivery)
        most = Math.max(most, eventsIn(held).length)
      })
      await backend.publish(events)
      while (!subscriber.sawAll(events)) {
        // Settles one delivery only when nothing arrives for a while, so that the source had time to exceed its limit.
        const before = subscriber.seen.length
        await pause(tried)
        if (subscriber.seen.length === before) held.shift()?.ack()
      }
      expect(most).toBeLessThanOrEqual(bound)
      expect(most).toBeGreaterThan(0)
      for (const delivery of held) delivery.ack()
      await settled(0)
    },
  ),

  lawOfOne(
    'reports what cannot be decoded, does not acknowledge it, and blocks no other',
    { needs: ['publishGarbage', 'singleAcks'] },
    withGarbage(1),
  ),

  // What is left in a log would hold up every later commit.
  lawOfOne(
    'reports what cannot be decoded, and commits past it',
    { needs: ['publishGarbage'], ...ofLogs },
    withGarbage(0),
  ),

  law(
    'after a stop receives nothing more, and completes once what it delivered is settled',
    withSingleAcks,
    fc.tuple(someTasks, fc.infiniteStream(fc.boolean())),
    afterStop((deliveries, acknowledged) => deliveries.filter((delivery) => !acknowledged.has(delivery))),
  ),

  law(
    'after a stop receives nothing more, completes once what it delivered is settled, and leaves all from the first nacked delivery',
    ofLogs,
    fc.tuple(someTasks, fc.infiniteStream(fc.boolean())),
    afterStop(uncommitted),
  ),

  lawOfOne(
    'completes at once when it is stopped with nothing unsettled',
    {},
    async ({ subscribe, until }) => {
      const subscriber = subscribe()
      subscriber.stop()
      await until('it completes', () => subscriber.completed)
    },
  ),

  law(
    'delivers nothing after it is unsubscribed, and leaves all to the next subscriber',
    { needs: ['redeliver'] },
    fc.integer({ min: 1, max: 15 }),
    async ({ backend, subscribe, until, settled }, count) => {
      const [early, late] = [tasks(count), tasks(count, count)]
      const first = subscribe()
      await backend.publish(early)
      await until('all are delivered', () => first.sawAll(early))
      first.unsubscribe()
      await backend.publish(late)
      await capability(backend.redeliver, 'redeliver')()
      const second = subscribe((delivery) => delivery.ack())
      await until('all come to the next', () => second.sawAll([...early, ...late]))
      for (const delivery of first.deliveries) delivery.ack()
      await settled(0)
      expect(first.times(late[0])).toBe(0)
      expect(first.completed).toBe(false)
    },
  ),
]
