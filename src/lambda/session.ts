import { filter, firstValueFrom, fromEvent, map, takeUntil } from 'rxjs'
import { type ClusterArn, matchesCluster, type TaskArn } from '../core/arn.js'
import type { Clock, Millis } from '../core/clock.js'
import { type ClusterState, emptyState } from '../core/cluster-state.js'
import { awaitsAnswer, type Revision, type Unresolved } from '../core/desired.js'
import type { ClusterEvent } from '../core/event.js'
import { PersistentMap } from '../core/persistent-map.js'
import type { Report } from '../core/report.js'
import type { Environment, RunSetup } from '../core/run-setup.js'
import { run } from '../core/run.js'
import type { Notice } from '../core/source.js'
import type { Worker } from '../core/worker.js'
import { Gate } from './gate.js'
import { Inbox } from './inbox.js'
import { lastingKnowledge } from './carry-over.js'

/** An event and the record that contains it. */
export interface RecordedEvent {
  readonly messageId: string
  readonly event: ClusterEvent
}

export interface SessionOptions {
  readonly setup: RunSetup
  /** Clusters that the sources cover with snapshots. */
  readonly covers: readonly string[]
  /** The lasting knowledge of an earlier session. */
  readonly lasting: readonly ClusterEvent[]
  readonly lookupMs: Millis
  readonly environment: Environment
  readonly observe: (worker: Worker) => void
}

/** The result of an invocation's records. */
export interface Settlement {
  /** Ids of the records whose effect is not known to be in the targets. */
  readonly unapplied: readonly string[]
  /** Why work is still in progress; `undefined` if there is none, so that the session can be kept. */
  readonly unsettled: string | undefined
}

const nothing = (): void => undefined

const troubleIn = (report: Report): string | undefined => {
  if (report._tag === 'SinkFailed') return `${report.sink}: ${report.operation}: ${report.error.message}`
  if (report._tag === 'Noticed' && report.notice._tag === 'SourceFailed')
    return `${report.source}: ${report.notice.operation}: ${report.notice.error.message}`
  if (report._tag === 'Planned' && report.plan.skipped.some(({ why }) => why === 'too-much'))
    return `${report.sink}: the prune guard skips changes`
  return undefined
}

/** One worker that serves invocations until its snapshots are too old. It calls targets only during invocations. */
export class Session {
  readonly #gate = new Gate()
  readonly #inbox = new Inbox()
  readonly #worker: Worker
  readonly #required: readonly string[]
  readonly #clock: Clock
  readonly #cursors = new Map<string, Revision>()
  /** When the newest snapshot of a cluster arrived, by the injected clock. */
  readonly #came = new Map<ClusterArn, Millis>()
  #newest: Revision = 0
  #state = emptyState
  #unresolved = PersistentMap.empty<Unresolved>()
  #trouble: string | undefined
  /** Whether no invocation has completed yet with everything settled. */
  #young = true
  #look = nothing

  constructor(private readonly options: SessionOptions) {
    const { setup, lasting, environment, observe } = options
    const sinks = setup.sinks.map((sink) => this.#gate.guardSink(sink))
    this.#clock = environment.clock
    this.#required = setup.sinks.filter(({ required }) => required !== false).map(({ name }) => name)
    if (lasting.length > 0)
      this.#inbox.put({ _tag: 'Delivery', events: lasting, ack: nothing, nack: nothing })
    this.#worker = run(
      { ...setup, sources: [this.#inbox, ...setup.sources], sinks },
      { ...environment, clock: this.#gate.guardClock(environment.clock) },
    )
    this.#worker.state$.subscribe((state) => {
      if (state.marks !== this.#state.marks) this.#age(state)
      this.#state = state
    })
    this.#worker.reports$.subscribe((report) => this.#follow(report))
    observe(this.#worker)
  }

  /**
   * Whether every covered cluster has a snapshot that arrived at `since` or later. Uses arrival times, because the
   * times in marks are from ECS's clock.
   */
  isWholeSince(since: Millis): boolean {
    const { identities } = this.#state
    const now = this.#clock.now()
    const isFresh = (cluster: ClusterArn): boolean => {
      const came = this.#came.get(cluster)
      return came !== undefined && came >= since && came <= now
    }
    const fresh = [...this.#came.keys()].filter(isFresh)
    return this.options.covers.every(
      (named) =>
        identities.get(named)?.clusters.every(isFresh) ??
        fresh.some((cluster) => matchesCluster(named, cluster)),
    )
  }

  #age({ marks }: ClusterState): void {
    marks.diff(this.#state.marks, (cluster, before, after) => {
      if (after === undefined) this.#came.delete(cluster)
      else if (after.order !== before?.order) this.#came.set(cluster, this.#clock.now())
    })
  }

  notice(notice: Notice): void {
    this.#inbox.put(notice)
  }

  /**
   * Waits for the snapshots, folds the events, and waits until the targets hold their effect, or until the signal
   * aborts. Events are folded only after all snapshots: before that, a late event of a task that is gone could not be
   * recognised, and nothing may be written anyway. `anew`: takes new snapshots, although there are some.
   */
  async settle(records: readonly RecordedEvent[], signal: AbortSignal, anew: boolean): Promise<Settlement> {
    const open = new Map(records.map(({ messageId, event }) => [messageId, event]))
    const settled =
      (await this.#whole(signal)) &&
      (!anew || (await this.#renew(signal))) &&
      (await this.#level(open, signal))
    if (settled) this.#young = false
    return {
      unapplied: [...open.keys()],
      unsettled: settled ? undefined : (this.#trouble ?? 'nothing failed, but there was too little time'),
    }
  }

  /** Ends the worker at once. Resolves to its lasting knowledge. */
  async end(): Promise<readonly ClusterEvent[]> {
    this.#gate.end()
    await this.#worker.stop()
    return lastingKnowledge(this.#state)
  }

  /** Resolves to true once every covered cluster has a snapshot, or to false if the signal aborts first. */
  #whole(signal: AbortSignal): Promise<boolean> {
    return this.#reaches(() => this.isWholeSince(-Infinity), signal)
  }

  /** Requests new snapshots. Resolves to true once each one is newer than before, or to false if the signal aborts. */
  #renew(signal: AbortSignal): Promise<boolean> {
    const before = this.#state.marks
    for (const source of this.options.setup.sources) source.refresh?.()
    const isNewer = (): boolean =>
      Array.from(before).every(
        ([cluster, { order }]) => (this.#state.marks.get(cluster)?.order ?? Infinity) > order,
      )
    return this.#reaches(isNewer, signal)
  }

  async #reaches(is: () => boolean, signal: AbortSignal): Promise<boolean> {
    const reached = firstValueFrom(
      this.#worker.state$.pipe(map(is), filter(Boolean), takeUntil(fromEvent(signal, 'abort'))),
      { defaultValue: false },
    )
    return !signal.aborted && reached
  }

  /**
   * Folds the open events, and removes those that are applied from `open`. Resolves to true when the targets hold the
   * effect of everything, or when only lookups have been pending for `lookupMs`; to false if the signal aborts first.
   */
  async #level(open: Map<string, ClusterEvent>, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController()
    const applied = new Set<string>()
    let patience: Promise<void> | undefined
    let patient = true
    this.#gate.open()
    const level = await new Promise<boolean>((resolve) => {
      this.#look = () => {
        if (!this.#isLevel()) return
        for (const id of applied) open.delete(id)
        // An event that is neither applied nor waiting for a lookup has not been folded yet.
        if ([...open.values()].some((event) => !this.#waits(event))) return
        if (!patient || (open.size === 0 && !(this.#young && this.#anyWaits()))) resolve(true)
        else
          patience ??= this.#clock.sleep(this.options.lookupMs, over.signal).then(() => {
            patient = false
            this.#look()
          })
      }
      signal.addEventListener('abort', () => resolve(false), { once: true })
      // One delivery per event, because a delivery that waits for a lookup is not acknowledged.
      for (const [id, event] of open)
        this.#inbox.put({ _tag: 'Delivery', events: [event], ack: () => applied.add(id), nack: nothing })
      this.#look()
    })
    this.#look = nothing
    this.#gate.close()
    over.abort()
    return level
  }

  #follow(report: Report): void {
    this.#trouble = troubleIn(report) ?? this.#trouble
    if (report._tag === 'Folded') this.#newest = report.revision
    if (report._tag === 'Unresolved') this.#unresolved = report.tasks
    if (report._tag !== 'Synced') return
    this.#cursors.set(report.sink, report.revision)
    this.#look()
  }

  /** Whether every required target has reached the newest revision. */
  #isLevel(): boolean {
    return this.#required.every((name) => (this.#cursors.get(name) ?? 0) >= this.#newest)
  }

  /** Whether the effect of an event depends on a pending lookup. */
  #waits(event: ClusterEvent): boolean {
    return event._tag === 'TaskChanged' && this.#waitsFor(event.task.arn)
  }

  #waitsFor(task: TaskArn): boolean {
    return awaitsAnswer(this.#unresolved.get(task))
  }

  #anyWaits(): boolean {
    return Array.from(this.#unresolved, ([task]) => task).some((task) => this.#waitsFor(task))
  }
}
