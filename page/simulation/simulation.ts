import { Subject } from 'rxjs'
import type { ClusterEvent } from '../../src/core/event.js'
import type { ClusterState } from '../../src/core/cluster-state.js'
import { emptyState } from '../../src/core/cluster-state.js'
import type { Millis } from '../../src/core/clock.js'
import { explainedTarget } from '../../src/core/explain/explained-target.js'
import { run } from '../../src/core/run.js'
import { defaultOwner } from '../../src/core/run-setup.js'
import type { Worker } from '../../src/core/worker.js'
import type { Inspector } from '../../src/inspector/inspector.js'
import { inspectorOf } from '../../src/inspector/inspector-of.js'
import { Observer } from '../../src/inspector/observer/observer.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { memory as memorySink } from '../../src/sinks/memory.js'
import { memory as memorySource, type MemorySource } from '../../src/sources/memory.js'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { prng } from '../../sim/prng.js'
import { browserClock } from '../local/browser-clock.js'
import { pastWorld } from '../local/past-world.js'
import { Recording } from '../local/recording.js'
import { compared, type Servers } from './compared.js'
import { demoServices, deployedBy, type Strategy, strategyNames } from './demo-services.js'
import { serversOfTask, tasksListed } from './described.js'
import { HeldRows } from './held-rows.js'
import { Lookups } from './lookups.js'
import { ManualClock } from './manual-clock.js'
import { NaiveConsumer } from './naive-consumer.js'
import { idleServers } from './rollout.js'
import type { StageAction, StageState } from './stage-state.js'
import { type Faults, usualFaults, Transport } from './transport.js'

/** A snapshot every so often, instead of every five minutes, so that there is something to see. */
export const snapshotMs: Millis = 10_000
/** The simulated cluster has neither a clock of its own nor delays within ECS. */
const skewAllowanceMs: Millis = 1_000
/** The cluster changes for a while and is idle for a while, so that one can see what is repaired and what is not. */
const stormMs: Millis = 12_000
const calmMs: Millis = 8_000

/**
 * A simulated cluster, the worker that follows it, and a program that applies events one by one. The worker is the real
 * one: `run`, with sources and a target in memory. The same seed and ticks give the same history of the cluster.
 */
export class Simulation {
  readonly recording = new Recording()
  readonly transport: Transport<EventBridgeEvent>
  readonly cluster: SimulatedCluster
  readonly worker: Worker
  readonly inspector: Inspector
  /** Whether things happen by themselves. */
  isLively = true
  readonly #clock: ManualClock
  readonly #seed: number
  readonly #start: Millis
  /** As a worker has it by default. */
  readonly #policy = deployments(servicePorts())
  readonly #sources: Readonly<Record<'events' | 'snapshots' | 'lookups', MemorySource>>
  readonly #sink = memorySink({ name: 'table' })
  readonly #naive: NaiveConsumer
  readonly #observer: Observer
  readonly #changes = new Subject<undefined>()
  readonly #end = new AbortController()
  readonly #held = new HeldRows(this.#sink, () => this.now)
  readonly #lookups: Lookups
  #state: ClusterState = emptyState
  #events = 0
  #lastSnapshot = 0
  #deployments = 0

  constructor(seed: number, start: Millis, faults: Faults = usualFaults) {
    const clock = new ManualClock(start)
    this.#clock = clock
    this.#seed = seed
    this.#start = start
    this.cluster = simulatedCluster({
      seed,
      name: 'demo',
      services: demoServices,
      instances: { ec2: 3, external: 2 },
      clock: () => clock.now(),
    })
    this.transport = new Transport(seed, faults)
    this.cluster.start()
    this.cluster.settle()
    this.#sources = {
      events: memorySource({ name: 'events' }),
      snapshots: memorySource({ name: 'snapshots', covers: [this.cluster.arn] }),
      lookups: memorySource({ name: 'lookups' }),
    }
    const sources = Object.values(this.#sources)
    this.#lookups = new Lookups(this.cluster)
    this.#naive = new NaiveConsumer((event) => serversOfTask(event, this.cluster, servicePorts()))
    this.#observer = new Observer({
      worker: 'simulation',
      version: `seed ${seed}`,
      sources,
      sinks: [this.#sink],
      startedAt: start,
    })
    const random = prng(seed ^ 0xface)
    this.worker = run(
      {
        sources,
        sinks: [this.#held.recorded],
        expose: this.#policy,
        skewAllowanceMs,
        clusters: [this.cluster.arn],
      },
      { clock, random: () => random.next() },
    )
    this.worker.reports$.subscribe((report) => {
      this.#observer.hear(report, clock.now())
      this.#changes.next(undefined)
    })
    this.worker.state$.subscribe((state) => {
      this.#state = state
      this.#observer.see(state)
    })
    this.inspector = inspectorOf({
      world: (at) => this.#world(at),
      changes$: this.#changes,
      clock: browserClock,
      signal: this.#end.signal,
    })
    this.cluster.events$.subscribe((event) => {
      this.#events++
      this.transport.send(event, clock.now())
    })
    this.#takeSnapshot({ forNaive: true })
  }

  /** The simulated time. */
  get now(): Millis {
    return this.#clock.now()
  }

  /** Lets time pass. */
  tick(ms: Millis): void {
    this.#clock.advance(ms)
    if (this.isLively && this.#isStormy) this.cluster.step()
    else this.#continue()
    for (const event of this.transport.arrived(this.#clock.now())) this.#hear(event)
    if (this.#clock.now() - this.#lastSnapshot >= snapshotMs) this.#takeSnapshot()
    this.#lookUp()
    this.#changes.next(undefined)
  }

  /** Goes on with what has begun. */
  #continue(): void {
    if (this.cluster.moving > 0) this.cluster.advanceOne()
    for (const { name, current } of this.cluster.services()) if (current.isStaged) this.cluster.advance(name)
  }

  get #isStormy(): boolean {
    return (this.#clock.now() - this.#start) % (stormMs + calmMs) < stormMs
  }

  act(action: StageAction): void {
    switch (action._tag) {
      case 'ToggleFault':
        this.transport.toggle(action.fault)
        break
      case 'KillTask':
        this.cluster.crash()
        break
      case 'ReplaceMachine':
        this.cluster.replaceInstance()
        break
      case 'Deploy':
        this.#deploy(action.strategy)
        break
      case 'ToggleLife':
        this.isLively = !this.isLively
        break
    }
  }

  /** Rolls out a new revision of a service that deploys that way, of one after the other. */
  #deploy(strategy: Strategy): void {
    const names = deployedBy(strategy)
    const name = names[this.#deployments++ % names.length]
    if (name !== undefined) this.cluster.deploy(name)
  }

  view(): StageState {
    const truth = this.cluster.truth()
    const idle = idleServers(this.cluster.services())
    return {
      seed: this.#seed,
      naive: compared(truth, this.#naive.table, idle),
      ours: compared(truth, this.#table(), idle),
      events: this.#events,
      underWay: this.transport.underWay,
      faults: this.transport.faults,
      strategies: strategyNames,
      isLively: this.isLively,
    }
  }

  stop(): void {
    this.#end.abort()
    void this.worker.stop()
  }

  /** Without what is for test requests alone. */
  #table(): Servers {
    const rows = [...this.#sink.target.rows].map(([service, { value }]) => [service, value] as const)
    return new Map(rows.filter(([name]) => demoServices.some((service) => service.name === name)))
  }

  #push(source: MemorySource, events: readonly ClusterEvent[]): void {
    this.recording.add({ at: this.#clock.now(), source: source.name, events })
    void source.push(...events)
  }

  #hear(event: EventBridgeEvent): void {
    const decoded = decodeEvent(event, { latest: this.#clock.now() })
    if (decoded._tag !== 'Event') return
    this.#naive.hear(decoded.event)
    this.#push(this.#sources.events, [decoded.event])
  }

  #takeSnapshot({ forNaive = false } = {}): void {
    const now = this.#clock.now()
    this.#lastSnapshot = now
    const listed = tasksListed(this.cluster, now)
    this.#push(this.#sources.snapshots, [listed])
    if (forNaive && listed._tag === 'TasksListed')
      for (const task of listed.tasks) this.#naive.hear({ _tag: 'TaskChanged', task })
  }

  #lookUp(): void {
    const answers = this.#lookups.answers(this.#state)
    if (answers.length > 0) this.#push(this.#sources.lookups, answers)
  }

  async #world(at: Millis | undefined) {
    const now = this.#clock.now()
    const { from = now, to = now } = this.recording
    const observed = { ...this.#observer.observed(now), journal: { from, to: Math.max(to, now) } }
    if (at === undefined) return { ...(await this.worker.world()), observed }
    return pastWorld(this.recording, at, {
      expose: this.#policy,
      skewAllowanceMs,
      observed,
      targets: (then, desired) => [
        explainedTarget(this.#sink, this.#held.at(then), desired, {
          owner: defaultOwner([this.cluster.arn]),
        }),
      ],
    })
  }
}
