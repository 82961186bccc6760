import {
  endWith,
  filter,
  firstValueFrom,
  from,
  ignoreElements,
  map,
  merge,
  type Observable,
  switchMap,
  takeUntil,
} from 'rxjs'
import type { ClusterArn } from '../../core/arn.js'
import type { Clock, Millis } from '../../core/clock.js'
import type { ClusterState } from '../../core/cluster-state.js'
import type { Desired } from '../../core/desired.js'
import type { BackendName } from '../../core/policy.js'
import type { PruneGuard, Skipped } from '../../core/plan.js'
import type { Report } from '../../core/report.js'
import type { Change, Owner, Sink } from '../../core/sink.js'
import type { Worker } from '../../core/worker.js'
import type { EcsSnapshots } from '../../sources/ecs-api/snapshots/ecs-snapshots.js'
import { singleFlight } from '../../shared/async/single-flight.js'
import { sinkPlan } from '../runner/sink-plan.js'

export interface OnDemandSyncSetup<V> {
  /** Pass it before it starts, or reports are missed: see `Worker.reports$`. */
  readonly worker: Pick<Worker, 'reports$' | 'state$' | 'desired$' | 'reread'>
  readonly snapshots: Pick<EcsSnapshots, 'name' | 'covers' | 'refreshed'>
  /**
   * A second instance of the worker's sink, with the same name and target. A sink instance serves one call at a time.
   */
  readonly sink: Sink<V>
  /** The backend that a record belongs to. */
  readonly backendOf: (value: V) => BackendName
  readonly owner: Owner
  readonly pruneGuard?: PruneGuard | 'off'
  readonly clock: Pick<Clock, 'sleep'>
  /** How long to wait for a snapshot, and for an answer from the target. Default: 20,000 ms. */
  readonly timeoutMs?: Millis
  /** How long to wait for lookups, and then for the worker's writes. Default: 5,000 ms. */
  readonly patienceMs?: Millis
}

export interface OnDemandSync {
  /**
   * Takes a new snapshot and brings the target up to date. Resolves to the backends that are still out of sync, with
   * the reason; empty on success. Rejects when no snapshot arrives in time, or the target does not answer. Concurrent
   * calls share the work.
   */
  sync(): Promise<ReadonlyMap<BackendName, string>>
  /**
   * Takes a new snapshot, reads the target and compares the two; writes nothing. Resolves to the names of the backends
   * that differ or are incompletely known, sorted. Missing ownership does not count as a difference; a write that the
   * worker has yet to make does. Rejects as `sync` does.
   */
  diff(): Promise<readonly BackendName[]>
}

const skippedReasons: Readonly<Record<Skipped<unknown>['why'], string>> = {
  foreign: 'its record belongs to another owner',
  incomplete: 'not all tasks of the clusters are known yet',
  unjudged: 'it may belong to a task whose definition cannot be looked up',
  'emptied-only': 'the prune guard empties it instead of deleting it',
  'too-much': 'the prune guard does not allow pruning so many backends at once',
}

const isFailedSnapshot = (report: Report, source: string): boolean =>
  report._tag === 'Noticed' && report.source === source && report.notice._tag === 'SourceFailed'

const troubleIn = (report: Report): string | undefined => {
  if (report._tag === 'SinkFailed') return `${report.sink}: ${report.operation}: ${report.error.message}`
  if (report._tag === 'Noticed' && report.notice._tag === 'SourceFailed')
    return `${report.source}: ${report.notice.operation}: ${report.notice.error.message}`
  return undefined
}

/** Backends with tasks that wait for a lookup. */
const unknownIn = ({ backends }: Desired): readonly BackendName[] =>
  [...backends.values()].filter(({ complete }) => !complete).map(({ name }) => name)

const isWhole = (desired: Desired): boolean => desired.complete && unknownIn(desired).length === 0

/** Syncs and compares on demand, for people and scripts that cannot wait for the worker's next round. */
export const onDemandSync = <V>({
  worker,
  snapshots,
  sink,
  backendOf,
  owner,
  pruneGuard,
  clock,
  timeoutMs = 20_000,
  patienceMs = 5_000,
}: OnDemandSyncSetup<V>): OnDemandSync => {
  const { reports$, state$, desired$ } = worker
  /** Why a write was refused or failed, by key. */
  const refused = new Map<string, string>()
  let trouble: string | undefined
  reports$.subscribe((report) => {
    trouble = troubleIn(report) ?? trouble
    if (report._tag === 'Rejected') refused.set(report.key, report.reason)
    if (report._tag === 'SinkFailed' && report.key !== undefined)
      refused.set(report.key, report.error.message)
  })

  /** The first value, or `undefined` after `ms`. */
  const within = async <A>(ms: Millis, values$: Observable<A>): Promise<A | undefined> => {
    const done = new AbortController()
    try {
      const found$: Observable<A | undefined> = values$.pipe(takeUntil(from(clock.sleep(ms, done.signal))))
      return await firstValueFrom(found$, { defaultValue: undefined })
    } finally {
      done.abort()
    }
  }

  const latest = async (): Promise<Desired> => {
    const desired = await firstValueFrom(desired$, { defaultValue: undefined })
    if (desired === undefined) throw new Error('the worker is stopping')
    return desired
  }

  /** The desired state once lookups are answered, or the latest one if they take longer than `patienceMs`. */
  const whole = async (): Promise<Desired> =>
    (await within(patienceMs, desired$.pipe(filter(isWhole)))) ?? (await latest())

  /** An error that quotes the latest reported trouble as its likely cause. */
  const failure = (what: string): Error => new Error(trouble === undefined ? what : `${what} (${trouble})`)

  /** Compares the order of snapshots instead of times, because the machine's clock may be set in between. */
  const takeSnapshot = async (): Promise<void> => {
    const { covers } = snapshots
    const failed$ = reports$.pipe(filter((report) => isFailedSnapshot(report, snapshots.name)))
    const isKnown = (orders: ReadonlyMap<ClusterArn, number>, { marks }: ClusterState): boolean =>
      [...orders].every(([cluster, order]) => (marks.get(cluster)?.order ?? -Infinity) >= order)
    const taken$ = from(snapshots.refreshed()).pipe(
      switchMap((orders) => state$.pipe(filter((state) => isKnown(orders, state)))),
    )
    const outcome = await within(
      timeoutMs,
      merge(
        taken$.pipe(map(() => 'taken' as const)),
        failed$.pipe(map(() => 'failed' as const)),
        state$.pipe(ignoreElements(), endWith('stopped' as const)),
      ),
    )
    if (outcome === 'taken') return
    // Throws if the worker has stopped in the meantime.
    await latest()
    const when = outcome === 'failed' ? '' : ` within ${timeoutMs / 1000} s`
    throw failure(`no complete snapshot of ${covers.join(', ')}${when}`)
  }

  const planNow = async (desired: Desired) => {
    const options = { owner, ...(pruneGuard !== undefined && { pruneGuard }) }
    return (await sinkPlan(sink, desired, options, AbortSignal.timeout(timeoutMs))).plan
  }

  const nameIn = (change: Change<V>): BackendName =>
    backendOf(change._tag === 'Create' ? change.after : change.before.value)

  /** The backends that the target does not hold, and why not. */
  const left = async (): Promise<ReadonlyMap<BackendName, string>> => {
    const desired = await latest()
    const { changes, skipped } = await planNow(desired)
    const otherwise = sink.dry === true ? 'a dry run writes nothing' : 'it has not been written yet'
    return new Map([
      ...unknownIn(desired).map((name) => [name, 'some of its tasks wait for a lookup'] as const),
      ...skipped.map(({ change, why }) => [nameIn(change), skippedReasons[why]] as const),
      ...changes.map((change) => [nameIn(change), refused.get(change.key) ?? otherwise] as const),
    ])
  }

  return {
    sync: singleFlight(async () => {
      trouble = undefined
      await takeSnapshot()
      await whole()
      refused.clear()
      // The worker's view of the target may be a minute old, and another writer may have changed it since.
      await within(patienceMs, from(worker.reread()))
      return left()
    }),
    diff: singleFlight(async () => {
      trouble = undefined
      await takeSnapshot()
      const desired = await whole()
      const { changes, skipped } = await planNow(desired)
      const differing = changes.filter(
        (change) => change._tag !== 'Update' || !sink.equals(change.before.value, change.after),
      )
      const names = [...differing, ...skipped.map(({ change }) => change)].map(nameIn)
      return [...new Set([...names, ...unknownIn(desired)])].sort()
    }),
  }
}
