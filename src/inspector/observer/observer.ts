import type { TaskArn } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import type { ClusterState } from '../../core/cluster-state.js'
import type { Revision, Unresolved } from '../../core/desired.js'
import { PersistentMap } from '../../core/persistent-map.js'
import type { Report } from '../../core/report.js'
import type { AnySink } from '../../core/sink.js'
import type { Source } from '../../core/source.js'
import type { Observed } from '../observed.js'
import { ConflictObserver } from './conflict-observer.js'
import { NeverInObserver } from './never-in-observer.js'
import { Recent } from './recent.js'
import { SnapshotObserver } from './snapshot-observer.js'
import { SourceObserver } from './source-observer.js'
import { TargetObserver } from './target-observer.js'

export interface ObserverOptions {
  readonly worker: string
  readonly version: string
  readonly sources: readonly Pick<Source, 'name' | 'covers'>[]
  readonly sinks: readonly Pick<AnySink, 'name' | 'dry'>[]
  readonly startedAt: Millis
}

/** The revisions of which the time is remembered. */
const mostFolds = 10_000

/**
 * Keeps what a worker reports and its state does not hold. Everything is bounded, and a report or a state costs what is
 * new in it.
 */
export class Observer {
  readonly #folds = new Recent<Millis>(mostFolds)
  readonly #targets: ReadonlyMap<string, TargetObserver>
  readonly #sources: ReadonlyMap<string, SourceObserver>
  readonly #snapshots = new SnapshotObserver()
  readonly #conflicts = new ConflictObserver()
  readonly #neverIn = new NeverInObserver()
  readonly #since = new Map<TaskArn, Millis>()
  #unresolved = PersistentMap.empty<Unresolved>()
  #revision: Revision = 0
  #unsettled = 0

  constructor(private readonly options: ObserverOptions) {
    this.#targets = new Map(options.sinks.map((sink) => [sink.name, new TargetObserver(sink, this.#folds)]))
    this.#sources = new Map(options.sources.map((source) => [source.name, new SourceObserver(source)]))
  }

  /** Takes a report, at its time. */
  hear(report: Report, now: Millis): void {
    if ('sink' in report) this.#targets.get(report.sink)?.hear(report, now)
    switch (report._tag) {
      case 'Noticed':
        this.#sources.get(report.source)?.noticed(report.notice, now)
        this.#snapshots.noticed(report.notice)
        return
      case 'Folded':
        this.#sources.get(report.source)?.folded(report, now)
        this.#revision = report.revision
        this.#folds.add(now)
        this.#unsettled++
        return
      case 'Acknowledged':
        this.#unsettled = report.unsettled
        return
      case 'Abandoned':
        this.#unsettled -= report.deliveries
        return
      case 'Unresolved':
        this.#learnUnresolved(report.tasks, now)
        return
      case 'Conflicted':
        this.#conflicts.hear(report, now)
        return
      case 'AcknowledgedUnheld':
      case 'Applied':
      case 'CheckpointStored':
      case 'Draining':
      case 'JournalFailed':
      case 'Planned':
      case 'Reached':
      case 'Rejected':
      case 'SinkFailed':
      case 'SinkWarned':
      case 'Swept':
      case 'Synced':
      case 'Unconfirmed':
      case 'Unwritable':
        return
    }
  }

  /** Takes the next state. */
  see(state: Pick<ClusterState, 'tasks'>): void {
    this.#neverIn.see(state)
  }

  observed(now: Millis): Omit<Observed, 'journal'> {
    const { worker, version, startedAt } = this.options
    const unsettled = Math.max(0, this.#unsettled)
    return {
      worker,
      version,
      startedAt,
      revision: this.#revision,
      targets: [...this.#targets.values()].map((target) => target.overview(this.#revision, now)),
      sources: [...this.#sources.values()].map((source) => source.row(now)),
      snapshots: this.#snapshots.times,
      conflicts: this.#conflicts.conflicts(now),
      unresolvedSince: new Map(this.#since),
      neverIn: this.#neverIn.rows,
      unsettled,
      // As if they were acknowledged in order. One that waits for a lookup is older, and its task is unresolved.
      oldestUnsettledAt: unsettled === 0 ? undefined : this.#folds.ago(unsettled - 1),
    }
  }

  #learnUnresolved(tasks: PersistentMap<Unresolved>, now: Millis): void {
    tasks.diff(this.#unresolved, (arn, before, after) => {
      if (after === undefined) this.#since.delete(arn)
      else if (before === undefined) this.#since.set(arn, now)
    })
    this.#unresolved = tasks
  }
}
