import { Subject } from 'rxjs'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { Clock, Millis } from '../../src/core/clock.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { explainedTarget } from '../../src/core/explain/explained-target.js'
import { run } from '../../src/core/run.js'
import { defaultOwner } from '../../src/core/run-setup.js'
import type { Worker } from '../../src/core/worker.js'
import type { InspectedWorld } from '../../src/inspector/inspected-world.js'
import type { Inspector } from '../../src/inspector/inspector.js'
import { inspectorOf } from '../../src/inspector/inspector-of.js'
import { Observer } from '../../src/inspector/observer/observer.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { memory as memorySink } from '../../src/sinks/memory.js'
import { memory as memorySource, type MemorySource } from '../../src/sources/memory.js'
import { prng } from '../../sim/prng.js'
import { systemClock } from '../../src/shared/async/system-clock.js'
import { pastWorld } from '../local/past-world.js'
import { Recording } from '../local/recording.js'
import type { Servers } from './compared.js'
import { HeldRows } from './held-rows.js'

/** The simulated cluster has neither a clock of its own nor delays within ECS. */
const skewAllowanceMs: Millis = 1_000
/** As a worker has it by default. */
const expose = deployments(servicePorts())

/** What a worker hears: from the queue, from snapshots, and from all other calls. */
export type SimulatedSource = 'events' | 'snapshots' | 'lookups'

export interface SimulatedWorkerOptions {
  readonly seed: number
  /** The ARN of the cluster that it follows. */
  readonly cluster: string
  readonly clock: Clock
}

/** The real worker, `run`, with sources and a table in memory, and its inspector, which knows the past as well. */
export class SimulatedWorker {
  readonly recording = new Recording()
  readonly inspector: Inspector
  readonly #clock: Clock
  readonly #cluster: string
  readonly #sources: Readonly<Record<SimulatedSource, MemorySource>>
  readonly #sink = memorySink({ name: 'table' })
  readonly #held: HeldRows
  readonly #observer: Observer
  readonly #worker: Worker
  readonly #changes = new Subject<undefined>()
  readonly #end = new AbortController()
  #state: ClusterState = emptyState

  constructor({ seed, cluster, clock }: SimulatedWorkerOptions) {
    this.#clock = clock
    this.#cluster = cluster
    this.#held = new HeldRows(this.#sink, () => clock.now())
    this.#sources = {
      events: memorySource({ name: 'events' }),
      snapshots: memorySource({ name: 'snapshots', covers: [cluster] }),
      lookups: memorySource({ name: 'lookups' }),
    }
    const sources = Object.values(this.#sources)
    this.#observer = new Observer({
      worker: 'simulation',
      version: `seed ${seed}`,
      sources,
      sinks: [this.#sink],
      startedAt: clock.now(),
    })
    const random = prng(seed ^ 0xface)
    this.#worker = run(
      { sources, sinks: [this.#held.recorded], expose, skewAllowanceMs, clusters: [cluster] },
      { clock, random: () => random.next() },
    )
    this.#worker.reports$.subscribe((report) => {
      this.#observer.hear(report, clock.now())
      this.refresh()
    })
    this.#worker.state$.subscribe((state) => {
      this.#state = state
      this.#observer.see(state)
    })
    this.inspector = inspectorOf({
      world: (at) => this.#world(at),
      changes$: this.#changes,
      // People read in real time.
      clock: systemClock,
      signal: this.#end.signal,
    })
  }

  /** What it knows of the cluster. */
  get state(): ClusterState {
    return this.#state
  }

  /** What its table holds, by backend. */
  get table(): Servers {
    return new Map([...this.#sink.target.rows].map(([backend, { value }]) => [backend, value]))
  }

  /** Delivers what a source has heard. */
  hear(source: SimulatedSource, events: readonly ClusterEvent[]): void {
    this.recording.add({ at: this.#clock.now(), source, events })
    void this.#sources[source].push(...events)
  }

  /** Lets the inspector look again, because time has passed. */
  refresh(): void {
    this.#changes.next(undefined)
  }

  stop(): void {
    this.#end.abort()
    void this.#worker.stop()
  }

  async #world(at: Millis | undefined): Promise<InspectedWorld> {
    const now = this.#clock.now()
    const { from = now, to = now } = this.recording
    const observed = { ...this.#observer.observed(now), journal: { from, to: Math.max(to, now) } }
    if (at === undefined) return { ...(await this.#worker.world()), observed }
    return pastWorld(this.recording, at, {
      expose,
      skewAllowanceMs,
      observed,
      targets: (then, desired) => [
        explainedTarget(this.#sink, this.#held.at(then), desired, { owner: defaultOwner([this.#cluster]) }),
      ],
    })
  }
}
