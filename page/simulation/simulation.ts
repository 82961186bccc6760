import type { Millis } from '../../src/core/clock.js'
import type { Inspector } from '../../src/inspector/inspector.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { Recording } from '../local/recording.js'
import { compared, type Servers } from './compared.js'
import { demoServices, deployedBy, type Strategy, strategyNames } from './demo-services.js'
import { serversOfTask, tasksListed } from './described.js'
import { Lookups } from './lookups.js'
import { ManualClock } from './manual-clock.js'
import { NaiveConsumer } from './naive-consumer.js'
import { idleServers } from './rollout.js'
import { SimulatedWorker } from './simulated-worker.js'
import type { StageAction, StageState } from './stage-state.js'
import { Transport } from './transport.js'

/** A snapshot every so often, instead of every five minutes, so that there is something to see. */
const snapshotMs: Millis = 10_000
/** The cluster changes for a while and is idle for a while, so that one can see what is repaired and what is not. */
const stormMs: Millis = 12_000
const calmMs: Millis = 8_000

/**
 * A simulated cluster, the worker that follows it, and a program that applies events one by one. The same seed and ticks
 * give the same history of the cluster.
 */
export class Simulation {
  readonly transport: Transport<EventBridgeEvent>
  readonly cluster: SimulatedCluster
  /** Whether things happen by themselves. */
  isLively = true
  readonly #seed: number
  readonly #start: Millis
  readonly #clock: ManualClock
  readonly #worker: SimulatedWorker
  readonly #naive: NaiveConsumer
  readonly #lookups: Lookups
  #events = 0
  #lastSnapshot = 0
  #deployments = 0

  constructor(seed: number, start: Millis) {
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
    this.transport = new Transport(seed)
    this.cluster.start()
    this.cluster.settle()
    this.#worker = new SimulatedWorker({ seed, cluster: this.cluster.arn, clock })
    this.#lookups = new Lookups(this.cluster)
    this.#naive = new NaiveConsumer((event) => serversOfTask(event, this.cluster, servicePorts()))
    this.cluster.events$.subscribe((event) => {
      this.#events++
      this.transport.send(event, clock.now())
    })
    this.#takeSnapshot({ forNaive: true })
  }

  get inspector(): Inspector {
    return this.#worker.inspector
  }

  get recording(): Recording {
    return this.#worker.recording
  }

  /** Lets time pass. */
  tick(ms: Millis): void {
    this.#clock.advance(ms)
    if (this.isLively && this.#isStormy) this.cluster.step()
    else this.#continue()
    for (const event of this.transport.arrived(this.#clock.now())) this.#hear(event)
    if (this.#clock.now() - this.#lastSnapshot >= snapshotMs) this.#takeSnapshot()
    const answers = this.#lookups.answers(this.#worker.state)
    if (answers.length > 0) this.#worker.hear('lookups', answers)
    this.#worker.refresh()
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

  get state(): StageState {
    const truth = this.cluster.truth()
    const idle = idleServers(this.cluster.services())
    return {
      seed: this.#seed,
      naive: compared(truth, this.#naive.table, idle),
      ours: compared(truth, this.#production(), idle),
      events: this.#events,
      underWay: this.transport.underWay,
      faults: this.transport.faults,
      strategies: strategyNames,
      isLively: this.isLively,
    }
  }

  stop(): void {
    this.#worker.stop()
  }

  get #isStormy(): boolean {
    return (this.#clock.now() - this.#start) % (stormMs + calmMs) < stormMs
  }

  /** Goes on with what has begun. */
  #continue(): void {
    if (this.cluster.moving > 0) this.cluster.advanceOne()
    for (const { name, current } of this.cluster.services()) if (current.isStaged) this.cluster.advance(name)
  }

  /** Rolls out a new revision of a service that deploys that way, of one after the other. */
  #deploy(strategy: Strategy): void {
    const names = deployedBy(strategy)
    const name = names[this.#deployments++ % names.length]
    if (name !== undefined) this.cluster.deploy(name)
  }

  /** The worker's table, without the backends for test requests. */
  #production(): Servers {
    return new Map(
      [...this.#worker.table].filter(([backend]) => demoServices.some(({ name }) => name === backend)),
    )
  }

  #hear(event: EventBridgeEvent): void {
    const decoded = decodeEvent(event, { latest: this.#clock.now() })
    if (decoded._tag !== 'Event') return
    this.#naive.hear(decoded.event)
    this.#worker.hear('events', [decoded.event])
  }

  #takeSnapshot({ forNaive = false } = {}): void {
    const now = this.#clock.now()
    this.#lastSnapshot = now
    const listed = tasksListed(this.cluster, now)
    this.#worker.hear('snapshots', [listed])
    if (forNaive && listed._tag === 'TasksListed')
      for (const task of listed.tasks) this.#naive.hear({ _tag: 'TaskChanged', task })
  }
}
