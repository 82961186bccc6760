import type { Task } from '../../core/task.js'
import { OrderedSet } from './ordered-set.js'
import { compareRecords, type Phase, type TaskRecord } from './task-record.js'

/** The tasks of one cluster, service, family, instance or definition. */
export interface Group {
  /** The unique key of the cluster, service, family, instance or definition. */
  readonly key: string
  /** The name that people use; not unique. */
  readonly label: string
  readonly tasks: OrderedSet<TaskRecord>
  /** The number of tasks in each phase. */
  readonly phases: Readonly<Record<Phase, number>>
}

export interface Membership {
  readonly task: Task
  readonly phase: Phase
}

interface Counted extends Group {
  readonly phases: Record<Phase, number>
}

const compareGroups = (a: Pick<Group, 'key' | 'label'>, b: Pick<Group, 'key' | 'label'>): number =>
  a.label === b.label ? (a.key === b.key ? 0 : a.key < b.key ? -1 : 1) : a.label < b.label ? -1 : 1

/** Groups tasks by a key. Empty groups are removed. */
export class Groups {
  readonly #byKey = new Map<string, Counted>()
  readonly #ordered = new OrderedSet<Group>(compareGroups)

  constructor(
    /** Returns `undefined` for a task that belongs to no group. */
    private readonly keyOf: (task: Task) => string | undefined,
    private readonly labelOf: (key: string) => string,
  ) {}

  get size(): number {
    return this.#byKey.size
  }

  get(key: string): Group | undefined {
    return this.#byKey.get(key)
  }

  /** Ordered by label, then by key. */
  from(isBefore?: (group: Group) => boolean): Iterable<Group> {
    return this.#ordered.from(isBefore)
  }

  /** The groups with this label. */
  *labelled(label: string): Generator<Group> {
    for (const group of this.#ordered.from((each) => each.label < label)) {
      if (group.label !== label) return
      yield group
    }
  }

  /** Moves a task to its current group. `before` is `undefined` for a new task, `after` for a removed one. */
  change(record: TaskRecord, before: Membership | undefined, after: Membership | undefined): void {
    if (before?.phase === after?.phase && before?.task === after?.task) return
    const from = before === undefined ? undefined : this.keyOf(before.task)
    const to = after === undefined ? undefined : this.keyOf(after.task)
    if (before !== undefined && from !== undefined) {
      const group = this.#byKey.get(from)
      if (group !== undefined) {
        group.phases[before.phase]--
        if (from !== to) this.#leave(group, record)
      }
    }
    if (after !== undefined && to !== undefined) {
      const group = this.#byKey.get(to) ?? this.#begin(to)
      group.phases[after.phase]++
      if (from !== to) group.tasks.add(record)
    }
  }

  #begin(key: string): Counted {
    const group = {
      key,
      label: this.labelOf(key),
      tasks: new OrderedSet(compareRecords),
      phases: { pending: 0, running: 0, stopping: 0, stopped: 0 },
    }
    this.#byKey.set(key, group)
    this.#ordered.add(group)
    return group
  }

  #leave(group: Counted, record: TaskRecord): void {
    group.tasks.delete(record)
    if (group.tasks.size > 0) return
    this.#byKey.delete(group.key)
    this.#ordered.delete(group)
  }
}
