import type { ClusterArn } from '../core/arn.js'
import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import { Stamps } from '../core/stamps.js'
import type { TaskDefinition } from '../core/task-definition.js'
import type { Task } from '../core/task.js'
import { explain } from '../shared/codec/decode-error.js'
import { type EcsDecoder, ecsDecoder } from './ecs-decoder.js'
import type { Json } from './ecs-json/json.js'
import { clusterArn, definitionArn, type Place } from './ecs-json/place.js'
import { taskDescription } from './ecs-json/task-description.js'
import { taskEvent } from './ecs-json/task-event.js'
import { chosen, ModelledHosts } from './modelled-hosts.js'
import { uuid } from './modelled-ids.js'
import { ModelledTask, type ModelledService } from './modelled-task.js'
import type { Operation } from './operation.js'

const account = { region: 'eu-west-1', account: '123456789012' }
const staging: Place = { ...account, cluster: 'staging' }
const production: Place = { ...account, cluster: 'production' }
const places = [staging, production]

/** The clusters of every `World`. */
export const modelledClusters: readonly ClusterArn[] = places.map(clusterArn)

const services: readonly ModelledService[] = [
  { place: staging, name: 'web', network: 'bridge', sidecar: false },
  { place: staging, name: 'api', network: 'awsvpc', sidecar: true },
  { place: production, name: 'mail', network: 'bridge', sidecar: true },
  { place: production, name: 'shop', network: 'awsvpc', sidecar: false },
]

const minute: Millis = 60_000
const hour: Millis = 60 * minute
const day: Millis = 24 * hour

/** How far a worker's clock may be ahead; usually it is right. */
const aheads: readonly Millis[] = [
  0,
  2 * minute,
  -2 * minute,
  10 * minute,
  -10 * minute,
  0,
  6 * hour,
  -6 * hour,
  0,
  3 * day,
  -3 * day,
  0,
]

/**
 * Which clock dates snapshots. `aws`: as in `ecsSnapshots`, AWS's time from responses, but no later than the worker's
 * own clock, ordered by stamps. `own`: only the worker's clock, which is wrong.
 */
export type SnapshotClock = 'aws' | 'own'

interface Listing {
  readonly at: Millis
  readonly order: number
  readonly tasks: readonly ModelledTask[]
}

export interface WorldOptions {
  readonly skewAllowanceMs: Millis
  /** Default: `aws`. */
  readonly clock?: SnapshotClock
  /** Reads what ECS writes. Default: as the package's sources do. */
  readonly decoder?: EcsDecoder
}

/** ECS promises no order of the items in a list; here it changes with every version. */
const orderOf =
  (version: number) =>
  (items: readonly Json[]): readonly Json[] =>
    version % 2 === 0 ? items.toReversed() : items

/**
 * A model of two clusters with two services each, and of what ECS writes about them, which is decoded as sources decode it. It is deliberately small:
 * addresses and ports are reused as soon as they are free, and everything happens within a few skew allowances.
 */
export class World {
  /** True time. */
  now: Millis = Date.UTC(2026, 0, 1)
  readonly #skewAllowanceMs: Millis
  readonly #tell: (event: ClusterEvent) => void
  readonly #tasks: ModelledTask[] = []
  readonly #hosts = new ModelledHosts()
  readonly #revisions = new Map<ModelledService, number>(services.map((service) => [service, 0]))
  readonly #listings = new Map<Place, Listing>()
  readonly #clock: SnapshotClock
  readonly #decoder: EcsDecoder
  readonly #stamps = new Stamps()
  /** How far the clock of the worker that takes snapshots is ahead. */
  #ahead: Millis = 0
  #launched = 0
  #sent = 0

  /**
   * `tell` receives every event as it happens, each once and in order, with what could be routed to at that time, as
   * `<service> <host>:<port>`.
   */
  constructor(
    { skewAllowanceMs, clock = 'aws', decoder = ecsDecoder }: WorldOptions,
    tell: (event: ClusterEvent, live: readonly string[]) => void,
  ) {
    this.#skewAllowanceMs = skewAllowanceMs
    this.#clock = clock
    this.#decoder = decoder
    this.#tell = (event) => tell(event, this.#live())
    places.forEach((place, i) => {
      for (const host of [1, 2]) this.#register(place, `10.0.${i}.${host}`)
    })
    for (const service of services) this.#define(service)
  }

  /** What can be routed to: ordered addresses by service. Services without addresses are left out. */
  get truth(): ReadonlyMap<string, readonly string[]> {
    const truth = new Map<string, string[]>()
    for (const task of this.#tasks)
      if (task.live) truth.set(task.service.name, [...(truth.get(task.service.name) ?? []), task.endpoint])
    return new Map([...truth].sort().map(([service, endpoints]) => [service, endpoints.sort()]))
  }

  #live(): readonly string[] {
    return this.#tasks
      .filter(({ live }) => live)
      .map(({ service, endpoint }) => `${service.name} ${endpoint}`)
  }

  perform({ kind, pick, wait, skew, odd }: Operation): void {
    this.now += (wait * this.#skewAllowanceMs) / 4
    const stamp = this.now + (skew * this.#skewAllowanceMs) / 4
    const current = this.#tasks.filter((task) => !task.stopped)
    const wanted = current.filter(({ desiredStatus }) => desiredStatus === 'RUNNING')
    const task = chosen(wanted, pick)
    switch (kind) {
      case 'launch': {
        const service = chosen(services, pick)
        if (service !== undefined) this.#launch(service, pick, stamp, odd)
        return
      }
      case 'advance': {
        const moving = chosen(
          current.filter((one) => !one.steady),
          pick,
        )
        if (moving?.advance(stamp) === true) this.#changed(moving, odd)
        return
      }
      case 'drain':
        if (task?.drain(stamp) === true) this.#changed(task, odd)
        return
      case 'crash':
        if (task?.crash(stamp, odd) === true) this.#changed(task, false)
        return
      case 'deploy': {
        const service = chosen(services, pick)
        if (service === undefined) return
        const oldest = wanted.find((one) => one.service === service)
        this.#define(service)
        this.#launch(service, pick, stamp, false)
        if (oldest?.drain(stamp) === true) this.#changed(oldest, odd)
        return
      }
      case 'exit-sidecar':
        if (task?.exitSidecar(stamp) === true) this.#changed(task, false)
        return
      case 'flip-health':
        task?.flipHealth()
        return
      case 'replace-instance': {
        const instance = this.#hosts.remove(pick)
        if (instance === undefined) return
        for (const one of current)
          if (one.placement.instance === instance.arn && one.crash(stamp, true)) this.#changed(one, false)
        this.#register(instance.place, instance.address)
        return
      }
      case 'jump':
        this.#ahead = aheads[pick % aheads.length] ?? 0
        return
      case 'snapshot': {
        const place = chosen(places, pick)
        if (place !== undefined) this.#snapshot(place, odd)
        return
      }
    }
  }

  /** Finishes started snapshots, corrects the clock, and waits until no stamp is within the skew allowance. */
  rest(): void {
    for (const place of this.#listings.keys()) this.#snapshot(place, false)
    this.#ahead = 0
    this.now += 2 * this.#skewAllowanceMs
  }

  /** Takes a snapshot of every cluster. */
  close(): void {
    for (const place of places) this.#snapshot(place, false)
  }

  /** When a snapshot starts, as the worker dates it. */
  #dated(): Pick<Listing, 'at' | 'order'> {
    const own = this.now + this.#ahead
    if (this.#clock === 'own') return { at: own, order: own }
    // The `Date` header has a resolution of a second.
    const at = Math.min(Math.floor(this.now / 1000) * 1000, own)
    return { at, order: this.#stamps.next(at) }
  }

  /** `slow`: the task has only started; otherwise it is already running. */
  #launch(service: ModelledService, pick: number, at: Millis, slow: boolean): void {
    const revision = this.#revisions.get(service) ?? 0
    const containerPort = 8000 + revision
    const placement = this.#hosts.place(service, pick, containerPort)
    if (placement === undefined) return
    const { arn } = this.#definition(service)
    const task = new ModelledTask(++this.#launched, service, arn, containerPort, placement, this.now, at)
    this.#tasks.push(task)
    this.#changed(task, false)
    while (!slow && task.advance(at)) this.#changed(task, false)
  }

  #register(place: Place, address: string): void {
    const { arn, machine } = this.#hosts.register(place, address)
    this.#tell({
      _tag: 'InstanceDescribed',
      instance: arn,
      addresses: { ipv4: address, ipv6: undefined },
      machine: {
        id: machine,
        type: 'm6i.large',
        zone: 'eu-west-1a',
        hostName: undefined,
      },
      at: this.now,
    })
  }

  /** A new revision of the service's task definition. */
  #define(service: ModelledService): void {
    this.#revisions.set(service, (this.#revisions.get(service) ?? 0) + 1)
    this.#tell({ _tag: 'DefinitionDescribed', definition: this.#definition(service) })
  }

  #definition(service: ModelledService): TaskDefinition {
    const revision = this.#revisions.get(service) ?? 0
    const port = (containerPort: number, protocol: 'tcp' | 'udp') =>
      ({
        containerPort,
        hostPort: service.network === 'bridge' ? 0 : containerPort,
        protocol,
        count: 1,
      }) as const
    const container = (name: string, mapped: ReturnType<typeof port>) =>
      ({ name, ports: [mapped], image: undefined, labels: {}, environment: {} }) as const
    const app = container('app', port(8000 + revision, 'tcp'))
    return {
      arn: definitionArn(service.place, service.name, revision),
      networkMode: service.network,
      containers: service.sidecar ? [container('statsd', port(8125, 'udp')), app] : [app],
    }
  }

  #changed(task: ModelledTask, odd: boolean): void {
    const event = taskEvent(odd ? task.understated() : task.facts(), {
      nextId: () => uuid(++this.#sent, 0),
      ordered: orderOf(task.version),
    })
    const decoded = this.#decoder.event(event, this.now)
    if (decoded._tag === 'Event') this.#tell(decoded.event)
    else
      throw new Error(
        `an event of ECS was not decoded: ${decoded._tag === 'Ignored' ? decoded.kind : explain(decoded.errors)}`,
      )
  }

  #described(task: ModelledTask, order: number): Task {
    const description = taskDescription(task.facts(), (at) => new Date(at))
    const { task: described, errors } = this.#decoder.description(description, order)
    if (described === undefined || errors.length > 0)
      throw new Error(`a description of ECS was not decoded: ${explain(errors)}`)
    return described
  }

  /** Finishes the started snapshot, or takes one. `slow`: it only starts, and new tasks are not listed yet. */
  #snapshot(place: Place, slow: boolean): void {
    const begun = this.#listings.get(place)
    const late = slow ? this.#skewAllowanceMs / 2 : 0
    const { at, order, tasks } = begun ?? {
      ...this.#dated(),
      tasks: this.#tasks.filter(
        (task) =>
          task.service.place === place && task.desiredStatus === 'RUNNING' && task.created + late <= this.now,
      ),
    }
    if (begun === undefined && slow) {
      this.#listings.set(place, { at, order, tasks })
      return
    }
    this.#listings.delete(place)
    // Described later than listed: a task that has stopped meanwhile is still included, as stopped.
    const described = tasks.map((task) => this.#described(task, order))
    this.#tell({ _tag: 'TasksListed', cluster: clusterArn(place), at, order, tasks: described })
  }
}
