import type { Millis } from '../core/clock.js'
import type { Place } from './ecs-model/place.js'
import { scalingIn } from './ecs-model/stop-cause.js'
import type { ModelledRevision } from './modelled-deployment.js'
import type { ModelledEvents } from './modelled-events.js'
import { ModelledHosts } from './modelled-hosts.js'
import type { ModelledService } from './modelled-service.js'
import { ModelledTask } from './modelled-task.js'
import { understated } from './understated.js'

export interface Launch {
  readonly service: ModelledService
  readonly revision: ModelledRevision
  /** Selects the instance. */
  readonly pick: number
  readonly stamp: Millis
  /** The task only starts; otherwise it advances until it runs. */
  readonly slow: boolean
}

/** The tasks of a world, and the instances that they run on. `odd`: the event of the change is understated. */
export class ModelledTasks {
  readonly #tasks: ModelledTask[] = []
  readonly #hosts = new ModelledHosts()

  constructor(private readonly events: ModelledEvents) {}

  /** Those that can be routed to. */
  get live(): readonly ModelledTask[] {
    return this.#tasks.filter(({ isLive }) => isLive)
  }

  /** Those that have not stopped. */
  get current(): readonly ModelledTask[] {
    return this.#tasks.filter(({ hasStopped }) => !hasStopped)
  }

  /** Those that ECS wants to run, the oldest first. */
  get wanted(): readonly ModelledTask[] {
    return this.#tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING')
  }

  launch({ service, revision, pick, stamp, slow }: Launch): void {
    const site = this.#hosts.place(service, pick)
    if (site === undefined) return
    const ordinal = this.#tasks.length + 1
    const task = new ModelledTask({ ordinal, service, revision, site, created: this.events.now(), stamp })
    this.#tasks.push(task)
    this.#changed(task, false)
    while (!slow && task.isMoving) this.advance(task, stamp, false)
  }

  advance(task: ModelledTask, stamp: Millis, odd: boolean): void {
    task.advance(stamp)
    this.#changed(task, odd)
  }

  drain(task: ModelledTask, stamp: Millis, odd: boolean): void {
    task.stop(scalingIn, stamp)
    this.#changed(task, odd)
  }

  /** `whole`: the task has stopped as well, without events for the states in between. */
  crash(task: ModelledTask, stamp: Millis, whole: boolean): void {
    task.crash(stamp, whole)
    this.#changed(task, false)
  }

  exitSidecar(task: ModelledTask, stamp: Millis): void {
    if (task.exitSidecar(stamp)) this.#changed(task, false)
  }

  /** Registers an instance. */
  register(place: Place, address: string): void {
    const { arn, machine } = this.#hosts.register(place, address)
    this.events.emit({
      _tag: 'InstanceDescribed',
      instance: arn,
      addresses: { ipv4: address, ipv6: undefined },
      machine: { id: machine, type: 'm6i.large', zone: 'eu-west-1a', hostName: undefined },
      at: this.events.now(),
    })
  }

  /** An instance dies with its tasks, and another one gets its address. */
  replaceInstance(pick: number, stamp: Millis): void {
    const instance = this.#hosts.remove(pick)
    if (instance === undefined) return
    for (const task of this.current) if (task.site.instance === instance) this.crash(task, stamp, true)
    this.register(instance.place, instance.privateIp)
  }

  #changed(task: ModelledTask, odd: boolean): void {
    if (task.hasStopped) this.#hosts.release(task.site)
    this.events.task(odd ? understated(task.facts()) : task.facts())
  }
}
