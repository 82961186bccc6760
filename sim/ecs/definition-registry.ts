import type { Place } from '../../src/testing/ecs-model/place.js'
import type { Random } from '../prng.js'
import type { ServiceSpec } from './service-spec.js'
import { simulatedDefinition, type SimulatedDefinition } from './simulated-definition.js'

/** The task definitions of a cluster's services. */
export class DefinitionRegistry {
  readonly #all: SimulatedDefinition[] = []
  /** By family. */
  readonly #newest = new Map<string, number>()

  constructor(
    private readonly place: Place,
    private readonly random: Random,
  ) {}

  /** Registers the next revision of the service's task definition. */
  register(spec: ServiceSpec, now: number): SimulatedDefinition {
    const revision = (this.#newest.get(spec.name) ?? 0) + 1
    const definition = simulatedDefinition(this.place, spec, revision, now, this.random)
    this.#newest.set(spec.name, revision)
    this.#all.push(definition)
    return definition
  }

  /** All revisions of all definitions, the oldest first. */
  all(): readonly SimulatedDefinition[] {
    return [...this.#all]
  }
}
