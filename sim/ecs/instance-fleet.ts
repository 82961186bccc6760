import { instanceEvent } from './cluster-events.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import type { Place } from '../../src/testing/ecs-model/place.js'
import { Pool } from '../../src/testing/ecs-model/pool.js'
import type { Random } from '../prng.js'
import { type SimulatedInstance, simulatedInstance } from './simulated-instance.js'

type Kind = SimulatedInstance['kind']

/** The machines of a cluster. Each change of a machine gives it a new version, and causes an event. */
export class InstanceFleet {
  readonly #byArn = new Map<string, SimulatedInstance>()
  readonly #active: Record<Kind, SimulatedInstance[]> = { ec2: [], external: [] }
  readonly #slots: Readonly<Record<Kind, Pool>> = { ec2: new Pool(0), external: new Pool(0) }

  constructor(
    readonly place: Place,
    /** The second number of the addresses. */
    readonly network: number,
    private readonly random: Random,
    private readonly emit: (event: EventBridgeEvent) => void,
  ) {}

  /** All machines ever registered, the oldest first. Deregistered ones are INACTIVE. */
  all(): readonly SimulatedInstance[] {
    return [...this.#byArn.values()]
  }

  get(arn: string): SimulatedInstance | undefined {
    return this.#byArn.get(arn)
  }

  /** A random machine that accepts tasks, of the given kind if there is one. */
  drawActive(kind?: Kind): SimulatedInstance | undefined {
    const active = kind === undefined ? [...this.#active.ec2, ...this.#active.external] : this.#active[kind]
    return active[this.random.int(active.length)]
  }

  register(kind: Kind, now: number): void {
    const instance = simulatedInstance(
      this.place,
      kind,
      this.#slots[kind].take(),
      this.network,
      now,
      this.random,
    )
    this.#byArn.set(instance.arn, instance)
    this.#active[kind].push(instance)
    this.emit(instanceEvent(instance, this.random))
  }

  /** The machine accepts no more tasks from now on. */
  drain(instance: SimulatedInstance, now: number): void {
    this.#active[instance.kind] = this.#active[instance.kind].filter((each) => each !== instance)
    instance.status = 'DRAINING'
    this.#announce(instance, now)
  }

  /**
   * Deregisters the machine if it is draining and its last task has stopped; its addresses go to the next machine.
   */
  retireIfEmpty(instance: SimulatedInstance, now: number): void {
    if (instance.status !== 'DRAINING' || instance.tasks.size > 0) return
    instance.status = 'INACTIVE'
    instance.agentConnected = false
    this.#slots[instance.kind].giveBack(instance.slot)
    this.#announce(instance, now)
  }

  /** The agent loses or regains its connection. The tasks of its machine are unaffected. */
  toggleAgent(instance: SimulatedInstance, now: number): void {
    instance.agentConnected = !instance.agentConnected
    this.#announce(instance, now)
  }

  #announce(instance: SimulatedInstance, now: number): void {
    instance.version += 1
    instance.updatedAt = Math.max(now, instance.updatedAt + 1)
    this.emit(instanceEvent(instance, this.random))
  }
}
