import { lastSegment } from 'ecs-task-stream'
import { FaultyDelivery } from '../sim/faults/delivery-faults.js'
import type { EventBridgeEvent } from '../sim/ecs/event-bridge-event.js'
import { type SimulatedCluster, simulatedCluster } from '../sim/ecs/simulated-cluster.js'
import type { SimulatedTask, StopCause } from '../sim/ecs/simulated-task.js'
import { narrative } from './narrative.js'
import { serviceList } from './service-list.js'

/** One tick is one step of the cluster: some 30 events a second, of which a person can still follow what happens. */
export const tickMs = 40

/** Things happen for five seconds, then nothing does for two: so that one sees how the table catches up. */
const storm = { ticks: 125, calm: 50 } as const

/** Far worse than what EventBridge and SQS do, so that there is something to see. */
export const faults = { lose: 0.04, duplicate: 0.1, delay: 600 } as const

/** A server that became routable, or no longer is, and the version of a task that made it so. */
export interface TruthChange {
  readonly service: string
  /** `host:port`. */
  readonly server: string
  readonly live: boolean
  readonly task: string
  readonly version: number
  /** Whether the event that tells it is lost. */
  readonly lost: boolean
}

/** An event on its way to the queue, with the task of which it tells, if it does. */
export interface Letter {
  readonly number: number
  readonly body: string
  readonly task: string | undefined
  readonly version: number
}

export interface EventCounts {
  readonly told: number
  /** Copies beyond the first. */
  readonly extra: number
  readonly lost: number
  /** Copies that arrived after a younger event had. */
  readonly overtaken: number
}

export interface Tick {
  readonly changes: readonly TruthChange[]
  /** What reaches the queue now, in the order of arrival. */
  readonly arrived: readonly Letter[]
  /** What began or ended, for people. */
  readonly news: readonly string[]
}

interface Identity {
  readonly taskArn?: string
  readonly version?: number
}

const crashed: StopCause['code'] = 'EssentialContainerExited'

/**
 * The life of a cluster, a tick at a time, and what becomes of its events under way. The same seed and number of
 * ticks give the same life, however fast the machine is: nothing here looks at a clock, except for the times that the
 * tasks themselves bear.
 */
export class ClusterLife {
  readonly cluster: SimulatedCluster
  readonly #delivery: FaultyDelivery<Letter>
  /** Servers of tasks that are routable. */
  readonly #servers = new Map<string, string>()
  #changes: TruthChange[] = []
  #news: string[] = []
  #ticks = 0
  #counts = { told: 0, extra: 0, lost: 0, overtaken: 0 }
  #youngestArrived = 0

  constructor({ seed, services }: { readonly seed: number; readonly services: number }) {
    this.cluster = simulatedCluster({
      seed,
      name: 'demo',
      // Queues are regional too, and the embedded ones are there.
      region: 'us-east-1',
      services: serviceList(services),
      instances: { ec2: 3, external: 2 },
      // Snapshots bear the worker's clock and tasks the cluster's: the two must tell the same time.
      clock: Date.now,
    })
    this.#delivery = new FaultyDelivery({ seed, ...faults })
    // Before anybody listens: whoever joins a running cluster knows what it is from the first snapshot alone.
    this.cluster.start()
    this.cluster.settle()
    for (const task of this.cluster.tasks())
      if (task.endpoint !== undefined) this.#servers.set(task.id, task.endpoint)
    this.cluster.events$.subscribe((event) => this.#send(event))
  }

  get counts(): EventCounts {
    return this.#counts
  }

  /** Whether nothing happens now, so that the table may catch up. */
  get calm(): boolean {
    return this.#ticks % (storm.ticks + storm.calm) >= storm.ticks
  }

  /** Something may happen, and what is due arrives. */
  tick(): Tick {
    if (!this.calm) this.cluster.step()
    return this.deliver()
  }

  /** Nothing happens, and what is due arrives. */
  deliver(): Tick {
    this.#ticks++
    const tick = { changes: this.#changes, arrived: this.#arrive(), news: this.#news }
    this.#changes = []
    this.#news = []
    return tick
  }

  get underWay(): number {
    return this.#delivery.underWay
  }

  get #now(): number {
    return this.#ticks * tickMs
  }

  #arrive(): readonly Letter[] {
    const arrived = this.#delivery.take(this.#now)
    for (const { number } of arrived) {
      if (number < this.#youngestArrived) this.#counts.overtaken++
      this.#youngestArrived = Math.max(this.#youngestArrived, number)
    }
    return arrived
  }

  #send(event: EventBridgeEvent): void {
    const { taskArn, version = 0 } = event.detail as Identity
    const task = taskArn === undefined ? undefined : this.cluster.task(lastSegment(taskArn))
    const before = this.#delivery.underWay
    this.#counts.told++
    this.#delivery.push(
      { number: this.#counts.told, body: JSON.stringify(event), task: task?.id, version },
      this.#now,
    )
    const copies = this.#delivery.underWay - before
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
      if (task.stopCause?.code === crashed) this.#news.push(`a task of ${change.service} crashed`)
    }
    if (is !== undefined) {
      this.#servers.set(task.id, is)
      this.#changes.push({ ...change, server: is, live: true })
    }
  }
}
