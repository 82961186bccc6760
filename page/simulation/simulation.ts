import { Subject } from 'rxjs'
import type { ClusterEvent } from '../../src/core/event.js'
import type { ClusterState } from '../../src/core/cluster-state.js'
import { emptyState } from '../../src/core/cluster-state.js'
import type { Millis } from '../../src/core/clock.js'
import { explainedTarget } from '../../src/core/explain/explained-target.js'
import { run } from '../../src/core/run.js'
import { defaultOwner } from '../../src/core/run-setup.js'
import type { Row, Sink } from '../../src/core/sink.js'
import type { Worker } from '../../src/core/worker.js'
import type { Inspector } from '../../src/inspector/inspector.js'
import { inspectorOf } from '../../src/inspector/inspector-of.js'
import { Observer } from '../../src/inspector/observer/observer.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { type Addresses, memory as memorySink } from '../../src/sinks/memory.js'
import { memory as memorySource, type MemorySource } from '../../src/sources/memory.js'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { prng } from '../../sim/prng.js'
import { browserClock } from '../local/browser-clock.js'
import { pastWorld } from '../local/past-world.js'
import { Recording } from '../local/recording.js'
import { type Comparison, compared, type Servers } from './compared.js'
import { definitionDescribed, instanceDescribed, serversOfTask, tasksListed } from './described.js'
import { ManualClock } from './manual-clock.js'
import { NaiveConsumer } from './naive-consumer.js'
import { type Faults, usualFaults, Transport } from './transport.js'

const services: readonly ServiceSpec[] = [
  { name: 'web', placement: 'bridge', desiredCount: 8, sidecar: true },
  { name: 'api', placement: 'fargate', desiredCount: 6 },
  { name: 'edge', placement: 'external', desiredCount: 4 },
  { name: 'jobs', placement: 'awsvpc', desiredCount: 4 },
  { name: 'search', placement: 'bridge', desiredCount: 5 },
  { name: 'checkout', placement: 'fargate', desiredCount: 3 },
]

/** A snapshot every so often, instead of every five minutes, so that there is something to see. */
export const snapshotMs: Millis = 10_000
/** The simulated cluster has neither a clock of its own nor delays within ECS. */
const skewAllowanceMs: Millis = 1_000
/** The cluster changes for a while and is idle for a while, so that one can see what is repaired and what is not. */
const stormMs: Millis = 12_000
const calmMs: Millis = 8_000
/** The worker is asked for the past of so many writes. */
const mostWrites = 5_000

/** What the table held from a time on. */
interface HeldThen {
  readonly at: Millis
  readonly rows: readonly Row<Addresses>[]
}

export interface SimulationView {
  readonly now: Millis
  readonly naive: Comparison
  readonly ours: Comparison
  readonly events: number
  readonly underWay: number
}

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
  readonly #start: Millis
  readonly #policy = servicePorts()
  readonly #sources: Readonly<Record<'events' | 'snapshots' | 'lookups', MemorySource>>
  readonly #sink = memorySink({ name: 'table' })
  readonly #naive: NaiveConsumer
  readonly #observer: Observer
  readonly #changes = new Subject<undefined>()
  readonly #end = new AbortController()
  readonly #held: HeldThen[] = []
  readonly #asked = new Set<string>()
  #state: ClusterState = emptyState
  #events = 0
  #lastSnapshot = 0
  #lookups = 0
  #deployments = 0

  constructor(seed: number, start: Millis, faults: Faults = usualFaults) {
    const clock = new ManualClock(start)
    this.#clock = clock
    this.#start = start
    this.cluster = simulatedCluster({
      seed,
      name: 'demo',
      services,
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
    this.#naive = new NaiveConsumer((event) => serversOfTask(event, this.cluster, this.#policy))
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
        sinks: [this.#recorded()],
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

  /** Lets time pass. */
  tick(ms: Millis): void {
    this.#clock.advance(ms)
    if (this.isLively && this.#isStormy) this.cluster.step()
    else if (this.cluster.moving > 0) this.cluster.advanceOne()
    for (const event of this.transport.arrived(this.#clock.now())) this.#hear(event)
    if (this.#clock.now() - this.#lastSnapshot >= snapshotMs) this.#takeSnapshot()
    this.#lookUp()
    this.#changes.next(undefined)
  }

  get #isStormy(): boolean {
    return (this.#clock.now() - this.#start) % (stormMs + calmMs) < stormMs
  }

  /** An essential container of any task exits. */
  killTask(): void {
    this.cluster.crash()
  }

  /** A machine is drained, and another one takes its place. */
  replaceMachine(): void {
    this.cluster.replaceInstance()
  }

  /** Rolls out a new revision, of one service after the other. */
  deploy(): void {
    const { name = 'web' } = services[this.#deployments++ % services.length] ?? {}
    this.cluster.deploy(name)
  }

  view(): SimulationView {
    const truth = this.cluster.truth()
    return {
      now: this.#clock.now(),
      naive: compared(truth, this.#naive.table),
      ours: compared(truth, this.#table()),
      events: this.#events,
      underWay: this.transport.underWay,
    }
  }

  stop(): void {
    this.#end.abort()
    void this.worker.stop()
  }

  #table(): Servers {
    return new Map([...this.#sink.target.rows].map(([service, { value }]) => [service, value]))
  }

  /** The table, with its past. */
  #recorded(): Sink<Addresses> {
    return {
      ...this.#sink,
      apply: async (changes, owner, signal) => {
        const outcomes = await this.#sink.apply(changes, owner, signal)
        if (this.#held.length >= mostWrites) this.#held.shift()
        this.#held.push({ at: this.#clock.now(), rows: [...this.#sink.target.rows.values()] })
        return outcomes
      },
    }
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

  /** Asks for what running tasks need, once. */
  #lookUp(): void {
    const answers: ClusterEvent[] = []
    const ask = (key: string | undefined, answer: () => ClusterEvent | undefined): void => {
      if (key === undefined || this.#asked.has(key)) return
      this.#asked.add(key)
      const told = answer()
      if (told !== undefined) answers.push(told)
    }
    for (const { instance, definition } of this.#state.tasks.values()) {
      ask(instance, () => {
        const found = instance === undefined ? undefined : this.cluster.instance(instance)
        return found && instanceDescribed(found, ++this.#lookups)
      })
      ask(definition, () => {
        const found = this.cluster.definitions().find(({ arn }) => arn === definition)
        return found && definitionDescribed(found)
      })
    }
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
        explainedTarget(this.#sink, this.#rowsAt(then), desired, { owner: defaultOwner([this.cluster.arn]) }),
      ],
    })
  }

  #rowsAt(at: Millis): readonly Row<Addresses>[] {
    return this.#held.findLast((held) => held.at <= at)?.rows ?? []
  }
}
