/** A cluster, a queue, a target and a function, all in memory and in virtual time. */
import {
  type ClusterEvent,
  type Delivery,
  formatAddress,
  livenessOf,
  type Notice,
  type Report,
  servicePorts,
  type Sink,
  type Source,
  type Task,
} from 'ecs-task-stream'
import { type Addresses, memory, memoryTarget } from 'ecs-task-stream/sinks/memory'
import { Observable } from 'rxjs'
import { lambda, type LambdaHandler, type LambdaSetup } from '../../src/lambda/index.js'
import { cluster } from '../support/observed-task.js'
import { Container, type Outside } from './container.js'

/** What becomes of a call. */
export type Fate = 'done' | 'fails' | 'hangs'

export interface Record {
  readonly messageId: string
  readonly eventSource: 'aws:sqs'
  readonly body: string
}

export const record = (messageId: string, body: string): Record => ({
  messageId,
  eventSource: 'aws:sqs',
  body,
})

export const batch = (...records: readonly Record[]) => ({ Records: records })

export const schedule = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }

/** Bodies are `ClusterEvent`s, `other` and `garbage`. */
export const decode: NonNullable<LambdaSetup['decode']> = (body) =>
  body === 'garbage'
    ? { _tag: 'Undecodable', errors: [{ path: '$', expected: 'an event', received: 'garbage' }] }
    : body === 'other'
      ? { _tag: 'Ignored', kind: 'aws.ecs/ECS Service Action' }
      : { _tag: 'Event', event: JSON.parse(body) as ClusterEvent }

/** What is true of the cluster, as ECS knows it. */
export class Cluster {
  readonly tasks = new Map<string, Task>()
  /** Every version of every task so far. */
  readonly versions: Task[] = []

  happens(task: Task): void {
    this.versions.push(task)
    if ((this.tasks.get(task.arn)?.version ?? 0) < task.version) this.tasks.set(task.arn, task)
  }

  /** By service, the addresses of what is live. */
  get truth(): ReturnType<typeof held> {
    const byService = new Map<string, string[]>()
    for (const task of this.tasks.values())
      if (isLive(task))
        byService.set(serviceOf(task), [...(byService.get(serviceOf(task)) ?? []), addressOf(task)])
    return Object.fromEntries(
      [...byService].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, all]) => [name, [...all].sort()]),
    )
  }
}

export const isLive = (task: Task): boolean => livenessOf(task, undefined, 0) === 'live'
export const serviceOf = ({ group }: Task): string => group!.slice('service:'.length)
export const addressOf = (task: Task): string =>
  formatAddress({ host: task.interface!.ipv4!, port: task.containers[0]!.bindings[0]!.hostPort })

/** What the target holds: by backend, the addresses; without the empty ones. */
export const held = ({
  rows,
}: ReturnType<typeof memoryTarget>): Readonly<globalThis.Record<string, Addresses>> =>
  Object.fromEntries(
    [...rows.values()]
      .filter(({ value }) => value.length > 0)
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ key, value }) => [key, value]),
  )

export interface Fates {
  readonly sink: () => Fate
  readonly snapshot: () => Fate
}

const always = (): Fate => 'done'

export class Stage {
  readonly outside: Outside = { now: 1_000_000 }
  readonly cluster = new Cluster()
  readonly target = memoryTarget()
  readonly reports: Report[] = []
  /** Snapshots that began. */
  snapshots = 0
  /** Calls of the target that began, or were under way, while no invocation was. */
  readonly strayed: string[] = []

  /** A fresh container, with the function in it. It takes snapshots, unless it has a journal. */
  start(
    { sink = always, snapshot = always }: Partial<Fates> = {},
    setup: Partial<LambdaSetup> = {},
  ): { readonly container: Container; readonly handler: LambdaHandler } {
    const container = new Container(this.outside)
    const handler = lambda(
      {
        lookups: [
          ...(setup.journal === undefined ? [this.#snapshots(container, snapshot)] : []),
          ...(setup.lookups ?? []),
        ],
        sinks: [this.#sink(container, sink)],
        expose: servicePorts(),
        clusters: [cluster],
        decode,
        marginMs: 1_000,
        observe: ({ reports$ }) => reports$.subscribe((report) => this.reports.push(report)),
        ...Object.fromEntries(Object.entries(setup).filter(([name]) => name !== 'lookups')),
      },
      { clock: container, random: () => 0.5 },
    )
    return { container, handler }
  }

  #sink(container: Container, fate: () => Fate): Sink<Addresses> {
    const inner = memory({ target: this.target })
    const call = async <A>(label: string, signal: AbortSignal, make: () => Promise<A>): Promise<A> => {
      const here = (when: string): void => {
        if (container.alive && !container.busy) this.strayed.push(`${label} ${when}`)
      }
      here('began')
      const how = fate()
      if (how === 'hangs')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
      await container.sleep(5, signal)
      signal.throwIfAborted()
      here('was under way')
      if (how === 'fails') throw new Error('the target is down')
      const answer = await make()
      await container.sleep(5, signal)
      return answer
    }
    return {
      ...inner,
      read: (signal) => call('read', signal, () => inner.read(signal)),
      apply: async (changes, owner, signal) => {
        const outcomes = []
        // One call a change, so that a container can die between two.
        for (const change of changes)
          outcomes.push(
            ...(await call(`apply ${change.key}`, signal, () => inner.apply([change], owner, signal))),
          )
        return outcomes
      },
    }
  }

  /** Takes a snapshot when it is subscribed, as `ecsSnapshots` does, and tries again when that fails. */
  #snapshots(container: Container, fate: () => Fate): Source {
    const nothing = (): void => undefined
    return {
      name: 'snapshots',
      covers: [cluster],
      deliveries: ({ state$ }) =>
        new Observable<Delivery | Notice>((subscriber) => {
          const stop = new AbortController()
          const take = async (): Promise<void> => {
            this.snapshots++
            const at = this.outside.now
            const how = fate()
            if (how === 'hangs') return
            await container.sleep(20, stop.signal)
            if (stop.signal.aborted) return
            if (how === 'fails') {
              const error = new Error('throttled')
              subscriber.next({ _tag: 'SourceFailed', operation: 'snapshot', error, retryIn: 500 })
              void container.sleep(500, stop.signal).then(() => {
                if (!stop.signal.aborted) void take()
              })
              return
            }
            const tasks = [...this.cluster.tasks.values()].filter(
              ({ desiredStatus }) => desiredStatus === 'RUNNING',
            )
            subscriber.next({
              _tag: 'Delivery',
              events: [{ _tag: 'TasksListed', cluster, at, tasks }],
              ack: nothing,
              nack: nothing,
            })
          }
          void take()
          subscriber.add(
            state$.subscribe({
              complete: () => {
                stop.abort()
                subscriber.complete()
              },
            }),
          )
          return () => stop.abort()
        }),
    }
  }
}
