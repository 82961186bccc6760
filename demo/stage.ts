import { decodeEvent } from '../src/sources/ecs-events/ecs-event.js'
import { servicePorts } from '../src/policies/service-ports.js'
import { compared } from '../page/simulation/compared.js'
import { serversOfTask, tasksListed } from '../page/simulation/described.js'
import { NaiveConsumer } from '../page/simulation/naive-consumer.js'
import type { StageAction, StageState } from '../page/simulation/stage-state.js'
import type { ClusterLife } from './cluster-life.js'
import type { Contents } from './contents.js'

/**
 * The demo's cluster as the inspector's page shows it, beside the worker's table and that of a program that applies
 * events one by one. The page's own simulation shows the same, without a server.
 */
export class DemoStage {
  /** What the worker's table holds. */
  table: () => Contents = () => new Map()
  readonly #life: ClusterLife
  readonly #seed: number
  readonly #naive: NaiveConsumer
  #deployments = 0

  constructor(life: ClusterLife, seed: number) {
    this.#life = life
    this.#seed = seed
    this.#naive = new NaiveConsumer((event) => serversOfTask(event, life.cluster, servicePorts()))
    // Both begin with a correct table.
    const listed = tasksListed(life.cluster, life.cluster.now())
    if (listed._tag === 'TasksListed')
      for (const task of listed.tasks) this.#naive.hear({ _tag: 'TaskChanged', task })
    life.arrived$.subscribe(({ body }) => {
      const decoded = decodeEvent(JSON.parse(body), { latest: life.cluster.now() })
      if (decoded._tag === 'Event') this.#naive.hear(decoded.event)
    })
  }

  get state(): StageState {
    const { cluster, transport, counts, isLively, underWay } = this.#life
    const truth = cluster.truth()
    return {
      seed: this.#seed,
      naive: compared(truth, this.#naive.table),
      ours: compared(truth, this.table()),
      events: counts.sent,
      underWay,
      faults: transport.faults,
      // For stages, there is a scene of its own.
      strategies: ['ROLLING'],
      isLively,
    }
  }

  act(action: StageAction): void {
    const { cluster, transport } = this.#life
    switch (action._tag) {
      case 'ToggleFault':
        transport.toggle(action.fault)
        break
      case 'KillTask':
        cluster.crash()
        break
      case 'ReplaceMachine':
        cluster.replaceInstance()
        break
      case 'Deploy': {
        const services = cluster.services().filter(({ spec }) => spec.placement !== 'daemon')
        const service = services[this.#deployments++ % services.length]
        if (service !== undefined) cluster.deploy(service.name)
        break
      }
      case 'ToggleLife':
        this.#life.isLively = !this.#life.isLively
        break
    }
  }
}
