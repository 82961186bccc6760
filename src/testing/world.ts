import type { ClusterArn } from '../core/arn.js'
import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import { Stamps } from '../core/stamps.js'
import type { Task } from '../core/task.js'
import { explain } from '../shared/codec/decode-error.js'
import { type EcsDecoder, ecsDecoder } from './ecs-decoder.js'
import { deploymentEvent, type DeploymentFacts } from './ecs-model/deployment-event.js'
import type { EventBridgeEvent } from './ecs-model/event-bridge-event.js'
import type { Json } from './ecs-model/json.js'
import { clusterArn, type Place, serviceArn } from './ecs-model/place.js'
import { scalingIn } from './ecs-model/stop-cause.js'
import { taskDescription } from './ecs-model/task-description.js'
import { taskEvent } from './ecs-model/task-event.js'
import { modelledDefinition } from './modelled-definition.js'
import type { Gap, ModelledRevision } from './modelled-deployment.js'
import { chosen, ModelledHosts } from './modelled-hosts.js'
import { uuid } from './modelled-ids.js'
import { ModelledRevisions } from './modelled-revisions.js'
import type { ModelledService } from './modelled-service.js'
import { ModelledTask } from './modelled-task.js'
import type { Operation } from './operation.js'
import { understated } from './understated.js'

const account = { region: 'eu-west-1', account: '123456789012' }
const staging: Place = { ...account, cluster: 'staging' }
const production: Place = { ...account, cluster: 'production' }
const places = [staging, production]

/** The clusters of every `World`. */
export const modelledClusters: readonly ClusterArn[] = places.map(clusterArn)

const services: readonly ModelledService[] = [
  { place: staging, name: 'web', network: 'bridge', sidecar: false, stages: true },
  { place: staging, name: 'api', network: 'awsvpc', sidecar: true, stages: false },
  { place: production, name: 'mail', network: 'bridge', sidecar: true, stages: false },
  { place: production, name: 'shop', network: 'awsvpc', sidecar: false, stages: true },
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

/** How a deployment happens. */
interface Deployed {
  readonly pick: number
  readonly stamp: Millis
  readonly odd: boolean
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
  readonly #revisions = new Map(services.map((service) => [service, new ModelledRevisions(service)]))
  /** When a source last asked how the service deploys. */
  readonly #asked = new Map<ModelledService, Millis>(services.map((service) => [service, this.now]))
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
    for (const [service, { definition }] of this.#revisions) this.#define(service, definition)
  }

  /** What can be routed to: ordered addresses by service. Services without addresses are left out. */
  get truth(): ReadonlyMap<string, readonly string[]> {
    const truth = new Map<string, string[]>()
    for (const { isLive, endpoint, service } of this.#tasks)
      if (isLive && endpoint !== undefined)
        truth.set(service.name, [...(truth.get(service.name) ?? []), endpoint])
    return new Map([...truth].sort().map(([service, endpoints]) => [service, endpoints.sort()]))
  }

  #live(): readonly string[] {
    return this.#tasks
      .filter(({ isLive }) => isLive)
      .map(({ service, endpoint }) => `${service.name} ${endpoint}`)
  }

  perform({ kind, pick, wait, skew, odd }: Operation): void {
    this.now += (wait * this.#skewAllowanceMs) / 4
    const stamp = this.now + (skew * this.#skewAllowanceMs) / 4
    this.#poll()
    const current = this.#tasks.filter((task) => !task.hasStopped)
    const wanted = current.filter(({ desiredStatus }) => desiredStatus === 'RUNNING')
    const task = chosen(wanted, pick)
    switch (kind) {
      case 'launch': {
        const service = chosen(services, pick)
        const launched = service === undefined ? undefined : this.#wanted(service, pick)
        if (service !== undefined && launched !== undefined) this.#launch(service, launched, pick, stamp, odd)
        return
      }
      case 'advance': {
        const moving = chosen(
          current.filter(({ isMoving }) => isMoving),
          pick,
        )
        moving?.advance(stamp)
        if (moving !== undefined) this.#changed(moving, odd)
        return
      }
      case 'drain':
        if (task !== undefined) this.#drain(task, stamp, odd)
        return
      case 'crash':
        if (task !== undefined) this.#crash(task, stamp, odd)
        return
      case 'deploy':
      case 'redeploy': {
        const service = chosen(services, pick)
        if (service !== undefined) this.#deploy(service, kind === 'deploy', { pick, stamp, odd })
        return
      }
      case 'next-stages': {
        const service = this.#deploying(pick)
        if (service !== undefined) this.#nextStages(service, { pick, stamp, odd })
        return
      }
      case 'roll-back': {
        const service = this.#deploying(pick)
        if (service === undefined) return
        this.#revisionsOf(service).deployment?.rollBack()
        this.#announce(service, 'FAILED', stamp)
        return
      }
      case 'stop-deployment': {
        const service = this.#deploying(pick)
        if (service === undefined) return
        this.#revisionsOf(service).deployment?.stop()
        this.#announce(service, 'FAILED', stamp)
        return
      }
      case 'describe-deployment': {
        const service = chosen(services, pick)
        const gap = pick < services.length ? 'target startedBy' : 'source definition'
        if (service !== undefined) this.#describe(service, odd ? gap : undefined)
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
        for (const one of current) if (one.site.instance === instance) this.#crash(one, stamp, true)
        this.#register(instance.place, instance.privateIp)
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

  /** Asks how every service deploys. */
  describe(): void {
    for (const service of services) this.#describe(service)
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

  #revisionsOf(service: ModelledService): ModelledRevisions {
    const revisions = this.#revisions.get(service)
    if (revisions === undefined) throw new Error(`no service ${service.name} in this world`)
    return revisions
  }

  /** A revision that new tasks of the service may have. */
  #wanted(service: ModelledService, pick: number): ModelledRevision | undefined {
    return chosen(this.#revisionsOf(service).running, Math.floor(pick / services.length))?.revision
  }

  /** A service with a deployment in stages that is in progress. */
  #deploying(pick: number): ModelledService | undefined {
    return chosen(
      services.filter((service) => this.#revisionsOf(service).deployment !== undefined),
      pick,
    )
  }

  #tasksOf(service: ModelledService): readonly ModelledTask[] {
    return this.#tasks.filter((task) => task.service === service && task.desiredStatus === 'RUNNING')
  }

  #deploy(service: ModelledService, changes: boolean, { pick, stamp, odd }: Deployed): void {
    const revisions = this.#revisionsOf(service)
    const [oldest] = this.#tasksOf(service)
    if (changes) this.#define(service, ++revisions.definition)
    const target = revisions.deploy(Math.floor(pick / services.length))
    this.#announce(service, 'IN_PROGRESS', stamp)
    if (service.stages) return
    this.#launch(service, target, pick, stamp, false)
    if (oldest !== undefined) this.#drain(oldest, stamp, odd)
  }

  /** The scheduler launches as many tasks of a new revision as there are, and drains those of one that ends. */
  #nextStages(service: ModelledService, { pick, stamp, odd }: Deployed): void {
    const revisions = this.#revisionsOf(service)
    for (let stages = 1 + (pick % 3); stages > 0 && revisions.deployment !== undefined; stages--) {
      const before = revisions.running
      revisions.deployment.next()
      const running = revisions.running.map(({ revision }) => revision)
      const tasks = this.#tasksOf(service)
      for (const revision of running)
        if (before.every((one) => one.revision !== revision))
          for (let count = Math.max(1, tasks.length); count > 0; count--)
            this.#launch(service, revision, pick + count, stamp, odd && count === 1)
      for (const task of tasks) if (!running.includes(task.revision)) this.#drain(task, stamp, odd)
    }
    if (revisions.deployment === undefined) this.#announce(service, 'COMPLETED', stamp)
  }

  #announce(service: ModelledService, progress: DeploymentFacts['progress'], at: Millis): void {
    const { place, name } = service
    const deployment = this.#revisionsOf(service).running.at(-1)?.revision.startedBy ?? ''
    this.#decode(
      deploymentEvent(
        { place, service: name, deployment, progress, reason: `${deployment} is ${progress}`, at },
        uuid(++this.#sent, 0),
      ),
    )
  }

  /** A source asks again how services deploy that may do so in stages. */
  #poll(): void {
    for (const service of services)
      if (service.stages && this.now - (this.#asked.get(service) ?? 0) >= this.#skewAllowanceMs)
        this.#describe(service)
  }

  #describe(service: ModelledService, gap?: Gap): void {
    this.#asked.set(service, this.now)
    this.#tell({
      _tag: 'DeploymentDescribed',
      service: serviceArn(service.place, service.name),
      rollout: this.#revisionsOf(service).rollout(gap),
      at: this.#dated().order,
    })
  }

  #drain(task: ModelledTask, at: Millis, odd: boolean): void {
    task.stop(scalingIn, at)
    this.#changed(task, odd)
  }

  #crash(task: ModelledTask, at: Millis, whole: boolean): void {
    task.crash(at, whole)
    this.#changed(task, false)
  }

  /** `slow`: the task has only started; otherwise it is already running. */
  #launch(
    service: ModelledService,
    revision: ModelledRevision,
    pick: number,
    stamp: Millis,
    slow: boolean,
  ): void {
    const site = this.#hosts.place(service, pick)
    if (site === undefined) return
    const ordinal = ++this.#launched
    const task = new ModelledTask({ ordinal, service, revision, site, created: this.now, stamp })
    this.#tasks.push(task)
    this.#changed(task, false)
    while (!slow && task.isMoving) {
      task.advance(stamp)
      this.#changed(task, false)
    }
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

  /** A revision of the service's task definition. */
  #define(service: ModelledService, revision: number): void {
    this.#tell({ _tag: 'DefinitionDescribed', definition: modelledDefinition(service, revision) })
  }

  #changed(task: ModelledTask, odd: boolean): void {
    if (task.hasStopped) this.#hosts.release(task.site)
    this.#decode(
      taskEvent(odd ? understated(task.facts()) : task.facts(), {
        nextId: () => uuid(++this.#sent, 0),
        ordered: orderOf(task.version),
      }),
    )
  }

  #decode(event: EventBridgeEvent): void {
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
