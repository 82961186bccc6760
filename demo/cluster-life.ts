import { lastSegment } from 'ecs-task-stream'
import { type Observable, Subject } from 'rxjs'
import { Transport } from '../page/simulation/transport.js'
import type { EventBridgeEvent } from '../src/testing/ecs-model/event-bridge-event.js'
import { type SimulatedCluster, simulatedCluster } from '../sim/ecs/simulated-cluster.js'
import type { SimulatedTask } from '../sim/ecs/simulated-task.js'
import { essentialExited } from '../src/testing/ecs-model/stop-cause.js'
import { narrative } from './narrative.js'
import { serviceList } from './service-list.js'

/** One tick is one step of the cluster: about 30 events per second, slow enough to follow. */
export const tickMs = 40

/** The cluster changes for five seconds and is idle for two, so that one can see the table catch up. */
const storm = { ticks: 125, calm: 50 } as const

/** Far worse than EventBridge and SQS, so that there is something to see. */
export const faults = { lose: 0.04, duplicate: 0.1, delay: 600 } as const

/** By how much an event is late if all are to be. */
const delayedMs = 3_000

/** A server that became routable or stopped being so, and the task version that caused it. */
export interface TruthChange {
  readonly service: string
  /** `host:port`. */
  readonly server: string
  readonly live: boolean
  readonly task: string
  readonly version: number
  /** Whether its event is lost. */
  readonly lost: boolean
}

/** An event in transit to the queue, with its task, if it is a task event. */
export interface EventInTransit {
  readonly number: number
  readonly body: string
  readonly task: string | undefined
  readonly version: number
}

export interface EventCounts {
  readonly sent: number
  /** Copies beyond the first. */
  readonly extra: number
  readonly lost: number
  /** Copies that arrived after a newer event. */
  readonly overtaken: number
}

export interface Tick {
  readonly changes: readonly TruthChange[]
  /** Events that reach the queue now, in the order of arrival. */
  readonly arrived: readonly EventInTransit[]
  /** What began or ended, as text for people. */
  readonly news: readonly string[]
}

interface Identity {
  readonly taskArn?: string
  readonly version?: number
}

/**
 * Simulates a cluster tick by tick, and the delivery of its events. The same seed and number of ticks give the same
 * events, however fast the machine is: only the tasks' own timestamps depend on a clock.
 */
export class ClusterLife {
  readonly cluster: SimulatedCluster
  /** Carries the events. Its faults can be changed. */
  readonly transport: Transport<EventInTransit>
  /** Whether things happen by themselves. */
  isLively = true
  readonly #arrived = new Subject<EventInTransit>()
  /** Events as they reach the queue. */
  readonly arrived$: Observable<EventInTransit> = this.#arrived.asObservable()
  /** Servers of routable tasks. */
  readonly #servers = new Map<string, string>()
  #changes: TruthChange[] = []
  #news: string[] = []
  #ticks = 0
  #counts = { sent: 0, extra: 0, lost: 0, overtaken: 0 }
  #youngestArrived = 0

  constructor({ seed, services }: { readonly seed: number; readonly services: number }) {
    this.cluster = simulatedCluster({
      seed,
      name: 'demo',
      // The region of the embedded queues.
      region: 'us-east-1',
      services: serviceList(services),
      instances: { ec2: 3, external: 2 },
      // Snapshots use the worker's clock and tasks the cluster's, so the two must agree.
      clock: Date.now,
    })
    this.transport = new Transport(
      seed,
      { drop: true, double: true, delay: false, reorder: true },
      { dropped: faults.lose, doubled: faults.duplicate, delayedMs, reorderedMs: faults.delay },
    )
    // The cluster starts before anything subscribes: a worker that joins it learns its state from the first snapshot.
    this.cluster.start()
    this.cluster.settle()
    for (const task of this.cluster.tasks())
      if (task.endpoint !== undefined) this.#servers.set(task.id, task.endpoint)
    this.cluster.events$.subscribe((event) => this.#send(event))
  }

  get counts(): EventCounts {
    return this.#counts
  }

  /** Whether the cluster is idle now, so that the table can catch up. */
  get calm(): boolean {
    return this.#ticks % (storm.ticks + storm.calm) >= storm.ticks
  }

  /** Advances the cluster, and delivers events that are due. */
  tick(): Tick {
    if (!this.calm && this.isLively) this.cluster.step()
    else if (!this.isLively && this.cluster.moving > 0) this.cluster.advanceOne()
    return this.deliver()
  }

  /** Delivers events that are due, without advancing the cluster. */
  deliver(): Tick {
    this.#ticks++
    const tick = { changes: this.#changes, arrived: this.#arrive(), news: this.#news }
    this.#changes = []
    this.#news = []
    return tick
  }

  get underWay(): number {
    return this.transport.underWay
  }

  get #now(): number {
    return this.#ticks * tickMs
  }

  #arrive(): readonly EventInTransit[] {
    const arrived = this.transport.arrived(this.#now)
    for (const { number } of arrived) {
      if (number < this.#youngestArrived) this.#counts.overtaken++
      this.#youngestArrived = Math.max(this.#youngestArrived, number)
    }
    for (const event of arrived) this.#arrived.next(event)
    return arrived
  }

  #send(event: EventBridgeEvent): void {
    const { taskArn, version = 0 } = event.detail as Identity
    const task = taskArn === undefined ? undefined : this.cluster.task(lastSegment(taskArn))
    const before = this.underWay
    this.#counts.sent++
    this.transport.send(
      { number: this.#counts.sent, body: JSON.stringify(event), task: task?.id, version },
      this.#now,
    )
    const copies = this.underWay - before
    if (copies === 0) this.#counts.lost++
    else this.#counts.extra += copies - 1

    const news = narrative(event, this.cluster)
    if (news !== undefined) this.#news.push(news)
    if (task !== undefined) this.#note(task, copies === 0)
  }

  #note(task: SimulatedTask, lost: boolean): void {
    const was = this.#servers.get(task.id)
    const is = task.endpoint
    if (was === is) return
    const change = { service: task.service.name, task: task.id, version: task.version, lost }
    if (was !== undefined) {
      this.#servers.delete(task.id)
      this.#changes.push({ ...change, server: was, live: false })
      if (task.stopCause?.code === essentialExited.code)
        this.#news.push(`a task of ${change.service} crashed`)
    }
    if (is !== undefined) {
      this.#servers.set(task.id, is)
      this.#changes.push({ ...change, server: is, live: true })
    }
  }
}
