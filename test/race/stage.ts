/**
 * Workers, a queue and a target under fast-check's scheduler: every call to the target, and its answer, waits for its
 * turn.
 */
import {
  type Clock,
  type ClusterEvent,
  type Environment,
  formatAddress,
  livenessOf,
  type Sink,
} from 'ecs-task-stream'
import type { MemorySource } from 'ecs-task-stream/sources/memory'
import type { MemoryTarget } from 'ecs-task-stream/sinks/memory'
import fc from 'fast-check'
import { cluster, observed } from '../support/observed-task.js'

/**
 * Waits that pass by themselves are turns; waits for what must not happen in a test (time-outs, reading again) end
 * with the worker.
 */
const scheduledClock = (scheduler: fc.Scheduler): Clock => ({
  now: () => 0,
  sleep: async (ms, signal) => {
    let wake = (): void => undefined
    const aborted = new Promise<void>((resolve) => (wake = resolve))
    if (signal.aborted) return
    signal.addEventListener('abort', wake)
    await (ms > 15_000 ? aborted : Promise.race([aborted, scheduler.schedule(Promise.resolve(), 'sleep')]))
    signal.removeEventListener('abort', wake)
  },
})

export const environment = (scheduler: fc.Scheduler): Environment => ({
  clock: scheduledClock(scheduler),
  random: () => 0.5,
})

export interface Life {
  alive: boolean
}

/** A sink whose calls arrive, and are answered, when the scheduler says; never after its process has died. */
export const scheduled = <V>(
  sink: Sink<V>,
  scheduler: fc.Scheduler,
  life: Life = { alive: true },
): Sink<V> => {
  const turn = async (label: string): Promise<void> => {
    await scheduler.schedule(Promise.resolve(), label)
    if (!life.alive) await new Promise(() => undefined)
  }
  return {
    ...sink,
    read: async (signal) => {
      await turn('read')
      const rows = await sink.read(signal)
      await turn('rows')
      return rows
    },
    apply: async (changes, owner, signal) => {
      // One turn a change: a crash or another writer may come between any two.
      const outcomes = []
      for (const change of changes) {
        await turn(`apply ${change.key}`)
        outcomes.push(...(await sink.apply([change], owner, signal)))
      }
      await turn('outcomes')
      return outcomes
    },
  }
}

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Runs turns until there are none, or `turns` of them. */
export const play = async (scheduler: fc.Scheduler, turns = Infinity): Promise<void> => {
  await macrotask()
  for (let i = 0; i < turns && scheduler.count() > 0; i++) {
    await scheduler.waitNext(1)
    await macrotask()
  }
}

export interface Message {
  readonly event: ClusterEvent
  acked: boolean
}

/** A queue that gives every message that is not forgotten, in a given order. */
export const deliverAll = (
  source: MemorySource,
  messages: readonly Message[],
  life: Life = { alive: true },
): void => {
  for (const message of messages)
    void source.push(message.event).then((how) => {
      if (life.alive && how === 'acked') message.acked = true
    })
}

/** What happened: tasks that start and maybe stop, on few hosts and ports, so that addresses are used again. */
export const happenings: fc.Arbitrary<readonly ClusterEvent[]> = fc
  .array(
    fc.record({
      service: fc.constantFrom('web', 'api'),
      host: fc.constantFrom('10.0.0.1', '10.0.0.2'),
      port: fc.constantFrom(32768, 32769),
      stops: fc.boolean(),
      crashes: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((lives) => {
    // A host's port is free again only when the task before has stopped: that one's end is forced.
    const lastUse = new Map(lives.map(({ host, port }, i) => [`${host} ${port}`, i]))
    return lives.flatMap((life, i) => {
      const { service, host, port } = life
      const stops = life.stops || lastUse.get(`${host} ${port}`) !== i
      const base = { id: `t${i}`, service, host, port }
      const at = i * 1000
      const seen = [
        observed({ ...base, version: 2, at, last: 'PENDING' }),
        observed({ ...base, version: 3, at: at + 1, last: 'RUNNING' }),
        ...(stops
          ? [
              ...(life.crashes ? [] : [observed({ ...base, version: 4, at: at + 2, desired: 'STOPPED' })]),
              observed({ ...base, version: 5, at: at + 3, last: 'STOPPED', desired: 'STOPPED' }),
            ]
          : []),
      ]
      return seen.map((task): ClusterEvent => ({ _tag: 'TaskChanged', task }))
    })
  })

/** What is live after all of it: by service, the addresses. */
export const truth = (events: readonly ClusterEvent[]): Readonly<Record<string, readonly string[]>> => {
  const newest = new Map<string, ReturnType<typeof observed>>()
  for (const event of events)
    if (event._tag === 'TaskChanged' && (newest.get(event.task.arn)?.version ?? 0) < event.task.version)
      newest.set(event.task.arn, event.task)
  const live = [...newest.values()].filter((task) => livenessOf(task, undefined, 0) === 'live')
  const services = [...new Set(live.map(({ group }) => group!.slice('service:'.length)))]
  return Object.fromEntries(
    services.sort().map((service) => [
      service,
      live
        .filter(({ group }) => group === `service:${service}`)
        .map((task) =>
          formatAddress({ host: task.interface!.ipv4!, port: task.containers[0]!.bindings[0]!.hostPort }),
        )
        .sort(),
    ]),
  )
}

/** A whole snapshot after all of it. */
export const snapshotOf = (events: readonly ClusterEvent[], at = 1_000_000): ClusterEvent => {
  const newest = new Map<string, ReturnType<typeof observed>>()
  for (const event of events)
    if (event._tag === 'TaskChanged' && (newest.get(event.task.arn)?.version ?? 0) < event.task.version)
      newest.set(event.task.arn, event.task)
  return {
    _tag: 'TasksListed',
    cluster,
    at,
    tasks: [...newest.values()].filter(({ desiredStatus }) => desiredStatus === 'RUNNING'),
  }
}

/** What the target holds: by backend, the addresses; without the empty ones. */
export const held = ({ rows }: MemoryTarget): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    [...rows.values()]
      .filter(({ value }) => value.length > 0)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ key, value }) => [key, value]),
  )
