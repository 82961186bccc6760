import type { DefinitionArn, InstanceArn } from '../../core/arn.js'
import type { ClusterState, Instance } from '../../core/cluster-state.js'
import type { PersistentMap } from '../../core/persistent-map.js'
import type { TaskDefinition } from '../../core/task-definition.js'

/** The results of one kind of lookup. A result that the state drops stays while a task in the index refers to it. */
class Answers<V extends object> {
  readonly #known = new Map<string, V>()

  constructor(
    private readonly isReferredTo: (arn: string) => boolean,
    private readonly look: (a: V, b: V) => boolean,
  ) {}

  get(arn: string | undefined): V | undefined {
    return arn === undefined ? undefined : this.#known.get(arn)
  }

  [Symbol.iterator](): Iterator<[string, V]> {
    return this.#known[Symbol.iterator]()
  }

  /** Returns the ARNs of results that look different now. */
  follow(after: PersistentMap<V>, before: PersistentMap<V>): readonly string[] {
    const changed: string[] = []
    after.diff(before, (arn, _, value) => {
      const known = this.#known.get(arn)
      if (value === undefined) this.release(arn)
      else {
        this.#known.set(arn, value)
        if (known === undefined || !this.look(known, value)) changed.push(arn)
      }
    })
    return changed
  }

  release(arn: string): void {
    if (!this.isReferredTo(arn)) this.#known.delete(arn)
  }
}

const sameInstance = (a: Instance, b: Instance): boolean =>
  a.addresses.ipv4 === b.addresses.ipv4 && a.addresses.ipv6 === b.addresses.ipv6 && a.machine === b.machine

/** The container instances and task definitions of the tasks in the index. */
export class RelatedResources {
  readonly #instances: Answers<Instance>
  readonly #definitions: Answers<TaskDefinition>
  #state: Pick<ClusterState, 'instances' | 'definitions'> | undefined

  /** `isReferredTo`: whether a task in the index refers to the instance or definition. */
  constructor(isReferredTo: {
    readonly instances: (arn: InstanceArn) => boolean
    readonly definitions: (arn: DefinitionArn) => boolean
  }) {
    this.#instances = new Answers(
      (arn) => isReferredTo.instances(arn) || this.#state?.instances.has(arn) === true,
      sameInstance,
    )
    this.#definitions = new Answers(
      (arn) => isReferredTo.definitions(arn) || this.#state?.definitions.has(arn) === true,
      // Task definition revisions are immutable.
      () => true,
    )
  }

  instance(arn: InstanceArn | undefined): Instance | undefined {
    return this.#instances.get(arn)
  }

  definition(arn: DefinitionArn | undefined): TaskDefinition | undefined {
    return this.#definitions.get(arn)
  }

  /** The current and former container instances of a machine: each registration creates a new one. */
  instancesOn(machine: string): readonly InstanceArn[] {
    return [...this.#instances].flatMap(([arn, instance]) => (instance.machine?.id === machine ? [arn] : []))
  }

  /** Returns the instances and definitions that look different now. */
  follow(
    state: ClusterState,
    before: ClusterState,
  ): { readonly instances: readonly InstanceArn[]; readonly definitions: readonly DefinitionArn[] } {
    this.#state = state
    return {
      instances: this.#instances.follow(state.instances, before.instances),
      definitions: this.#definitions.follow(state.definitions, before.definitions),
    }
  }

  /** Drops them if no task refers to them any more. */
  release(instance: InstanceArn | undefined, definition: DefinitionArn | undefined): void {
    if (instance !== undefined) this.#instances.release(instance)
    if (definition !== undefined) this.#definitions.release(definition)
  }
}
