import type { DefinitionArn, InstanceArn, TaskArn } from './arn.js'
import type { ClusterState } from './cluster-state.js'
import { SetIndex } from './set-index.js'
import type { Task } from './task.js'

type Answers = Pick<ClusterState, 'definitions' | 'instances'>

interface Missing {
  readonly definition: DefinitionArn | undefined
  readonly instance: InstanceArn | undefined
}

const missingOf = ({ definition, instance }: Task, known: Answers): Missing => ({
  definition: definition === undefined || known.definitions.has(definition) ? undefined : definition,
  instance: instance === undefined || known.instances.has(instance) ? undefined : instance,
})

/**
 * The tasks whose claims were made without an answer to a lookup, by the key of the lookup: they are affected when it
 * comes, or is refused. A new cluster has thousands of definitions, and a pass over all tasks for each of them would
 * take minutes.
 */
export class MissingAnswers {
  readonly #tasks = new SetIndex()
  readonly #missing = new Map<TaskArn, Missing>()

  /** Called whenever claims of a task are made, with the record that they were made of; `undefined` for none. */
  note(arn: TaskArn, task: Task | undefined, known: Answers): void {
    const before = this.#missing.get(arn)
    if (before?.definition !== undefined) this.#tasks.remove(before.definition, arn)
    if (before?.instance !== undefined) this.#tasks.remove(before.instance, arn)
    const after = task === undefined ? undefined : missingOf(task, known)
    if (after?.definition !== undefined) this.#tasks.add(after.definition, arn)
    if (after?.instance !== undefined) this.#tasks.add(after.instance, arn)
    if (after?.definition !== undefined || after?.instance !== undefined) this.#missing.set(arn, after)
    else this.#missing.delete(arn)
  }

  /** The tasks that lack the answer. */
  of(key: string): Iterable<TaskArn> {
    return this.#tasks.of(key)
  }
}
