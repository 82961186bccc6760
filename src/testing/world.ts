import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import { chosen } from './chosen.js'
import { type EcsDecoder, ecsDecoder } from './ecs-decoder.js'
import { ModelledEvents } from './modelled-events.js'
import { ModelledScheduler } from './modelled-scheduler.js'
import { modelledPlaces, modelledServices } from './modelled-service.js'
import { ModelledSources } from './modelled-sources.js'
import { ModelledTasks } from './modelled-tasks.js'
import type { Operation } from './operation.js'
import type { SnapshotClock } from './snapshot-dates.js'

export interface WorldOptions {
  readonly skewAllowanceMs: Millis
  /** Default: `aws`. */
  readonly clock?: SnapshotClock
  /** Reads what ECS writes. Default: as the package's sources do. */
  readonly decoder?: EcsDecoder
}

/**
 * A model of two clusters with two services each, and of the events that a worker could receive about them. It is
 * deliberately small: addresses and ports are reused as soon as they are free, and everything happens within a few skew
 * allowances.
 */
export class World {
  /** True time. */
  now: Millis = Date.UTC(2026, 0, 1)
  readonly #skewAllowanceMs: Millis
  readonly #tasks: ModelledTasks
  readonly #scheduler: ModelledScheduler
  readonly #sources: ModelledSources

  /**
   * `receive` gets every event as it happens, each once and in order, with what could be routed to at that time, as
   * `<service> <host>:<port>`.
   */
  constructor(
    { skewAllowanceMs, clock = 'aws', decoder = ecsDecoder }: WorldOptions,
    receive: (event: ClusterEvent, live: readonly string[]) => void,
  ) {
    const events = new ModelledEvents({
      decoder,
      now: () => this.now,
      emit: (event) => receive(event, this.#live()),
    })
    const tasks = new ModelledTasks(events)
    this.#skewAllowanceMs = skewAllowanceMs
    this.#tasks = tasks
    modelledPlaces.forEach((place, i) => {
      for (const host of [1, 2]) tasks.register(place, `10.0.${i}.${host}`)
    })
    const scheduler = new ModelledScheduler(events, tasks)
    this.#scheduler = scheduler
    this.#sources = new ModelledSources({ events, tasks, scheduler, clock, skewAllowanceMs })
  }

  /** What can be routed to: ordered addresses by service. Services without addresses are left out. */
  get truth(): ReadonlyMap<string, readonly string[]> {
    const truth = new Map<string, string[]>()
    for (const { endpoint, service } of this.#tasks.live)
      if (endpoint !== undefined) truth.set(service.name, [...(truth.get(service.name) ?? []), endpoint])
    return new Map([...truth].sort().map(([service, endpoints]) => [service, endpoints.sort()]))
  }

  perform({ kind, pick, wait, skew, odd }: Operation): void {
    this.now += (wait * this.#skewAllowanceMs) / 4
    const stamp = this.now + (skew * this.#skewAllowanceMs) / 4
    const occasion = { pick, stamp, odd }
    this.#sources.poll()
    const task = chosen(this.#tasks.wanted, pick)
    switch (kind) {
      case 'launch':
        this.#scheduler.launch(occasion)
        return
      case 'advance': {
        const moving = this.#tasks.current.filter(({ isMoving }) => isMoving)
        const next = chosen(moving, pick)
        if (next !== undefined) this.#tasks.advance(next, stamp, odd)
        return
      }
      case 'drain':
        if (task !== undefined) this.#tasks.drain(task, stamp, odd)
        return
      case 'crash':
        if (task !== undefined) this.#tasks.crash(task, stamp, odd)
        return
      case 'deploy':
      case 'redeploy':
        this.#scheduler.deploy(occasion, kind === 'deploy')
        return
      case 'next-stages':
        this.#scheduler.nextStages(occasion)
        return
      case 'roll-back':
        this.#scheduler.rollBack(occasion)
        return
      case 'stop-deployment':
        this.#scheduler.stopDeployment(occasion)
        return
      case 'describe-deployment': {
        const service = chosen(modelledServices, pick)
        const gap = pick < modelledServices.length ? 'target startedBy' : 'source definition'
        if (service !== undefined) this.#sources.describe(service, odd ? gap : undefined)
        return
      }
      case 'exit-sidecar':
        if (task !== undefined) this.#tasks.exitSidecar(task, stamp)
        return
      case 'flip-health':
        task?.flipHealth()
        return
      case 'replace-instance':
        this.#tasks.replaceInstance(pick, stamp)
        return
      case 'jump':
        this.#sources.jump(pick)
        return
      case 'snapshot': {
        const place = chosen(modelledPlaces, pick)
        if (place !== undefined) this.#sources.snapshot(place, odd)
        return
      }
    }
  }

  /** Finishes started snapshots, corrects the clock, and waits until no stamp is within the skew allowance. */
  rest(): void {
    this.#sources.finish()
    this.now += 2 * this.#skewAllowanceMs
  }

  /** Asks how every service deploys. */
  describe(): void {
    this.#sources.describeAll()
  }

  /** Takes a snapshot of every cluster. */
  close(): void {
    this.#sources.snapshots()
  }

  #live(): readonly string[] {
    return this.#tasks.live.map(({ service, endpoint }) => `${service.name} ${endpoint}`)
  }
}
