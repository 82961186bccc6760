import { type ClusterArn, lastSegment, sameCluster, type TaskArn } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import { defaultSkewAllowanceMs, ruledOut } from '../../core/liveness.js'
import { joinTask, type Task } from '../../core/task.js'
import { serviceOf } from '../../policies/service-ports.js'
import { ContainerIds } from './container-ids.js'
import { Groups } from './groups.js'
import { OrderedSet } from './ordered-set.js'
import { sameSight } from './same-view.js'
import { Surroundings } from './related-resources.js'
import { formerOf, sameIds } from './previous-containers.js'
import { compareRecords, familyOf, type Phase, phaseOf, type TaskRecord } from './task-record.js'

export interface TaskIndexOptions {
  /** Clusters, by name or ARN. Before each has had a whole snapshot, what is not found may be all the same. */
  readonly clusters: readonly string[]
  /** How long a stopped task stays, counted from when it was last heard of. */
  readonly keepMs: Millis
  /** The most stopped tasks that stay; those last heard of the longest ago go first. */
  readonly keepTasks: number
  /** As in `livenessOf`. */
  readonly skewAllowanceMs?: Millis
}

/** What can be seen of a task. */
export interface Sight {
  readonly task: Task
  readonly phase: Phase
}

export interface Change {
  /** `added`: it can be found. `changed`: it looks different. `removed`: it can be found no more. */
  readonly kind: 'added' | 'changed' | 'removed'
  readonly record: TaskRecord
  /** How it looked before; `undefined` for one that was added. */
  readonly before: Sight | undefined
}

type Mutable = { -readonly [K in keyof TaskRecord]: TaskRecord[K] }

const sightOf = ({ task, phase }: TaskRecord): Sight => ({ task, phase })

const byEnd = (a: TaskRecord, b: TaskRecord): number => a.task.at - b.task.at || compareRecords(a, b)

/** A service's name is unique within its cluster alone. */
export const serviceKey = (cluster: ClusterArn, service: string): string => `${cluster} ${service}`

/**
 * What can be asked about tasks, kept up to date by what differs from one state to the next: an event costs the same
 * however many tasks there are, and a snapshot costs its size. What the state forgets stays until the retention is
 * over, so the index is a function of the last state and of what is retained.
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
  readonly surroundings: Surroundings

  readonly #definitions = new Groups(({ definition }) => definition, lastSegment)
  readonly #groups = [this.clusters, this.services, this.families, this.instances, this.#definitions]
  readonly #records = new Map<TaskArn, Mutable>()
  readonly #stopped = new OrderedSet<TaskRecord>(byEnd)
  readonly #skewAllowanceMs: Millis
  #state = emptyState
  #isWhole = false

  constructor(private readonly options: TaskIndexOptions) {
    this.#skewAllowanceMs = options.skewAllowanceMs ?? defaultSkewAllowanceMs
    this.surroundings = new Surroundings({
      instances: (arn) => this.instances.get(arn) !== undefined,
      definitions: (arn) => this.#definitions.get(arn) !== undefined,
    })
  }

  /** Whether every cluster has had a whole snapshot: before that, what is not found may be all the same. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  /** How many stopped tasks are held. */
  get stopped(): number {
    return this.#stopped.size
  }

  get(arn: TaskArn): TaskRecord | undefined {
    return this.#records.get(arn)
  }

  /** Takes the next state, and tells what is different; each task once, but for one that is removed as well. */
  follow(state: ClusterState, now: Millis): readonly Change[] {
    const before = this.#state
    this.#state = state
    const changes = new Map<TaskRecord, Change>()
    const look = (record: Mutable, task: Task, isRuledOut: boolean): void => {
      const sight = sightOf(record)
      if (this.#revise(record, task, isRuledOut) && !changes.has(record))
        changes.set(record, { kind: 'changed', record, before: sight })
    }

    state.tasks.diff(before.tasks, (arn, was, is) => {
      const known = this.#records.get(arn)
      if (is === undefined) {
        // The state forgets what has stopped and what a snapshot rules out: so it has ended, and is retained.
        if (known !== undefined) look(known, known.task, true)
      } else if (known === undefined) {
        const record = this.#add(is, now)
        if (record !== undefined) changes.set(record, { kind: 'added', record, before: undefined })
      } else {
        // What the state has let go of, in a tombstone or altogether, stays known here.
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
    const { instances, definitions } = this.surroundings.follow(state, before)
    for (const group of [
      ...instances.map((arn) => this.instances.get(arn)),
      ...definitions.map((arn) => this.#definitions.get(arn)),
    ])
      for (const record of group?.tasks.from() ?? [])
        if (!changes.has(record)) changes.set(record, { kind: 'changed', record, before: sightOf(record) })

    if (!this.#isWhole) {
      const marked = Array.from(state.marks, ([cluster]) => cluster)
      this.#isWhole = this.options.clusters.every((named) =>
        marked.some((cluster) => sameCluster(named, cluster)),
      )
    }
    return [...changes.values(), ...this.expire(now)]
  }

  /** Forgets the stopped tasks whose time is over, and those that are too many. */
  expire(now: Millis): readonly Change[] {
    const removed: Change[] = []
    for (
      let oldest = this.#stopped.first;
      oldest !== undefined && (this.#stopped.size > this.options.keepTasks || this.#isOver(oldest.task, now));
      oldest = this.#stopped.first
    ) {
      this.#remove(oldest)
      removed.push({ kind: 'removed', record: oldest, before: sightOf(oldest) })
    }
    return removed
  }

  #isRuledOut(task: Task): boolean {
    return ruledOut(task, this.#state.marks.get(task.cluster), this.#skewAllowanceMs)
  }

  #isOver(task: Task, now: Millis): boolean {
    return task.at + this.options.keepMs <= now
  }

  /** A late event of a task that is forgotten, or of one that never was known, must not bring it back. */
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

  /** Whether it looks different now. */
  #revise(record: Mutable, task: Task, isRuledOut: boolean): boolean {
    const before = sightOf(record)
    const phase = phaseOf(task, isRuledOut)
    if (before.task === task && before.phase === phase) return false
    if (before.phase === 'stopped') this.#stopped.delete(record)
    const changed = before.phase !== phase || !sameSight(before.task, task)
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
    this.surroundings.release(record.task.instance, record.task.definition)
  }
}
