import { type ClusterArn, lastSegment, sameCluster, type TaskArn } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import { defaultSkewAllowanceMs, ruledOut } from '../../core/liveness.js'
import { joinTask, type Task } from '../../core/task.js'
import { serviceOf } from '../../core/service-of.js'
import { ContainerIds } from './container-ids.js'
import { Groups } from './groups.js'
import { OrderedSet } from './ordered-set.js'
import { sameView } from './same-view.js'
import { RelatedResources } from './related-resources.js'
import { formerOf, sameIds } from './previous-containers.js'
import { compareRecords, familyOf, type Phase, phaseOf, type TaskRecord } from './task-record.js'

export interface TaskIndexOptions {
  /** Clusters, by name or ARN. Until each has a complete snapshot, a task that is not found may exist. */
  readonly clusters: readonly string[]
  /** How long a stopped task is retained after its last observation. */
  readonly keepMs: Millis
  /** Maximum number of stopped tasks that are retained; those with the oldest observation are removed first. */
  readonly keepTasks: number
  /** As in `livenessOf`. */
  readonly skewAllowanceMs?: Millis
}

/** The visible part of a task's record. */
export interface TaskView {
  readonly task: Task
  readonly phase: Phase
}

export interface Change {
  /** `added`: it is new in the index. `changed`: it looks different. `removed`: it is no longer in the index. */
  readonly kind: 'added' | 'changed' | 'removed'
  readonly record: TaskRecord
  /** How it looked before; `undefined` for an added task. */
  readonly before: TaskView | undefined
}

type Mutable = { -readonly [K in keyof TaskRecord]: TaskRecord[K] }

const viewOf = ({ task, phase }: TaskRecord): TaskView => ({ task, phase })

const byEnd = (a: TaskRecord, b: TaskRecord): number => a.task.at - b.task.at || compareRecords(a, b)

/** Includes the cluster, because a service name is unique only within its cluster. */
export const serviceKey = (cluster: ClusterArn, service: string): string => `${cluster} ${service}`

/**
 * An index of tasks, updated from the difference between consecutive states. An event costs the same however many tasks
 * there are, and a snapshot costs its size. Tasks that the state drops are retained for `keepMs`, so the index is a
 * function of the last state and the retained tasks.
 */
export class TaskIndex {
  readonly tasks = new OrderedSet<TaskRecord>(compareRecords)
  readonly containers = new ContainerIds()
  readonly clusters = new Groups(({ cluster }) => cluster, lastSegment)
  readonly services = new Groups(
    (task) => {
      const service = serviceOf(task)
      return service === undefined ? undefined : serviceKey(task.cluster, service)
    },
    (key) => key.slice(key.indexOf(' ') + 1),
  )
  readonly families = new Groups(
    (task) => familyOf(task).family || undefined,
    (family) => family,
  )
  readonly instances = new Groups(({ instance }) => instance, lastSegment)
  readonly resources: RelatedResources

  readonly #definitions = new Groups(({ definition }) => definition, lastSegment)
  readonly #groups = [this.clusters, this.services, this.families, this.instances, this.#definitions]
  readonly #records = new Map<TaskArn, Mutable>()
  readonly #stopped = new OrderedSet<TaskRecord>(byEnd)
  readonly #skewAllowanceMs: Millis
  #state = emptyState
  #isWhole = false

  constructor(private readonly options: TaskIndexOptions) {
    this.#skewAllowanceMs = options.skewAllowanceMs ?? defaultSkewAllowanceMs
    this.resources = new RelatedResources({
      instances: (arn) => this.instances.get(arn) !== undefined,
      definitions: (arn) => this.#definitions.get(arn) !== undefined,
    })
  }

  /** Whether every cluster has a complete snapshot. Until then, a task that is not found may exist. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** The number of stopped tasks. */
  get stopped(): number {
    return this.#stopped.size
  }

  get(arn: TaskArn): TaskRecord | undefined {
    return this.#records.get(arn)
  }

  /** Takes the next state and returns the changes: at most one per task, plus its removal. */
  follow(state: ClusterState, now: Millis): readonly Change[] {
    const before = this.#state
    this.#state = state
    const changes = new Map<TaskRecord, Change>()
    const look = (record: Mutable, task: Task, isRuledOut: boolean): void => {
      const view = viewOf(record)
      if (this.#revise(record, task, isRuledOut) && !changes.has(record))
        changes.set(record, { kind: 'changed', record, before: view })
    }

    state.tasks.diff(before.tasks, (arn, was, is) => {
      const known = this.#records.get(arn)
      if (is === undefined) {
        // The state drops tasks that have stopped or that a snapshot rules out: this one has ended, and is retained.
        if (known !== undefined) look(known, known.task, true)
      } else if (known === undefined) {
        const record = this.#add(is, now)
        if (record !== undefined) changes.set(record, { kind: 'added', record, before: undefined })
      } else {
        // Details that the state has dropped, with or without a tombstone, stay known here.
        const grows = known.task === was && was.containers.length <= is.containers.length
        look(known, grows ? is : joinTask(known.task, is), this.#isRuledOut(is))
      }
    })
    state.marks.diff(before.marks, (cluster, _, mark) => {
      for (const { arn, phase } of this.clusters.get(cluster)?.tasks.from() ?? []) {
        const known = this.#records.get(arn)
        if (known === undefined || !state.tasks.has(arn)) continue
        if (phase === 'stopped' || mark?.tasks.has(arn) !== true)
          look(known, known.task, this.#isRuledOut(known.task))
      }
    })
    const { instances, definitions } = this.resources.follow(state, before)
    for (const group of [
      ...instances.map((arn) => this.instances.get(arn)),
      ...definitions.map((arn) => this.#definitions.get(arn)),
    ])
      for (const record of group?.tasks.from() ?? [])
        if (!changes.has(record)) changes.set(record, { kind: 'changed', record, before: viewOf(record) })

    if (!this.#isWhole) {
      const marked = Array.from(state.marks, ([cluster]) => cluster)
      this.#isWhole = this.options.clusters.every((named) =>
        marked.some((cluster) => sameCluster(named, cluster)),
      )
    }
    return [...changes.values(), ...this.expire(now)]
  }

  /** Removes stopped tasks that have expired or exceed the limit. */
  expire(now: Millis): readonly Change[] {
    const removed: Change[] = []
    for (
      let oldest = this.#stopped.first;
      oldest !== undefined && (this.#stopped.size > this.options.keepTasks || this.#isOver(oldest.task, now));
      oldest = this.#stopped.first
    ) {
      this.#remove(oldest)
      removed.push({ kind: 'removed', record: oldest, before: viewOf(oldest) })
    }
    return removed
  }

  #isRuledOut(task: Task): boolean {
    return ruledOut(task, this.#state.marks.get(task.cluster), this.#skewAllowanceMs)
  }

  #isOver(task: Task, now: Millis): boolean {
    return task.at + this.options.keepMs <= now
  }

  /** Ignores late events of expired tasks, so that they do not come back. */
  #add(task: Task, now: Millis): TaskRecord | undefined {
    const phase = phaseOf(task, this.#isRuledOut(task))
    if (phase === 'stopped' && this.#isOver(task, now)) return undefined
    const { arn, cluster } = task
    const record: Mutable = { arn, id: lastSegment(arn), cluster, task, phase, former: [] }
    this.#records.set(arn, record)
    this.tasks.add(record)
    if (phase === 'stopped') this.#stopped.add(record)
    for (const container of task.containers) this.containers.add(record, container)
    for (const groups of this.#groups) groups.change(record, undefined, record)
    return record
  }

  /** Returns whether the record looks different now. */
  #revise(record: Mutable, task: Task, isRuledOut: boolean): boolean {
    const before = viewOf(record)
    const phase = phaseOf(task, isRuledOut)
    if (before.task === task && before.phase === phase) return false
    if (before.phase === 'stopped') this.#stopped.delete(record)
    const changed = before.phase !== phase || !sameView(before.task, task)
    record.task = task
    record.phase = phase
    if (phase === 'stopped') this.#stopped.add(record)
    if (!changed) return false
    if (!sameIds(before.task, task)) {
      const { former, dropped } = formerOf(before.task, task, record.former)
      record.former = former
      for (const container of task.containers) this.containers.add(record, container)
      for (const container of dropped) this.containers.delete(record, container)
    }
    for (const groups of this.#groups) groups.change(record, before, record)
    return true
  }

  #remove(record: TaskRecord): void {
    this.#records.delete(record.arn)
    this.tasks.delete(record)
    this.#stopped.delete(record)
    for (const container of [...record.task.containers, ...record.former])
      this.containers.delete(record, container)
    for (const groups of this.#groups) groups.change(record, record, undefined)
    this.resources.release(record.task.instance, record.task.definition)
  }
}
