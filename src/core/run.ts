import { BehaviorSubject, lastValueFrom, Observable, Subject, Subscription } from 'rxjs'
import { Acknowledgements } from './acknowledgements.js'
import { isClusterPattern, sameCluster } from './arn.js'
import { backendChanges } from './backend-changes.js'
import type { Millis } from './clock.js'
import { type ClusterState, emptyState } from './cluster-state.js'
import type { Desired } from './desired.js'
import type { ClusterEvent } from './event.js'
import { followSource } from './follow-source.js'
import { defaultHealthPolicy } from './health-policy.js'
import { followed, type Following } from './followed.js'
import { isCovered } from './is-covered.js'
import { latestDesired } from './latest-desired.js'
import { defaultSkewAllowanceMs } from './liveness.js'
import { offeredEndpoints } from './offered-endpoints.js'
import { defaultPruneGuard } from './plan.js'
import { projector } from './project.js'
import { Readiness } from './readiness.js'
import { Reconciler } from './reconcile.js'
import { reduce } from './reduce.js'
import type { Report } from './report.js'
import { checkSetup, defaultOwner, type Environment, type RunSetup } from './run-setup.js'
import type { AnySink } from './sink.js'
import type { Delivery, Source, SourceContext } from './source.js'
import { Namesakes } from './namesakes.js'
import { sweep } from './sweep.js'
import { TaskRoom } from './task-room.js'
import type { Worker } from './worker.js'

/** Number of rejections after which acknowledgements no longer wait for a change. */
const givesUpAfter = 3

/** How often to forget tasks in workers without snapshots. */
const sweepMs: Millis = 3_600_000

const clusterOf = (event: ClusterEvent): string | undefined =>
  event._tag === 'TaskChanged' ? event.task.cluster : event._tag === 'TasksListed' ? event.cluster : undefined

const tellsOfNames = ({ _tag }: ClusterEvent): boolean =>
  _tag === 'ClusterIdentified' || _tag === 'LookupRefused'

/** Ignores refusals of instances and definitions, of which there may be many. */
const refusesName = (event: ClusterEvent, names: ReadonlySet<string>): boolean =>
  event._tag === 'LookupRefused' && names.has(event.key)

const newestOf = (events: readonly ClusterEvent[]): Millis | undefined => {
  let newest: Millis | undefined
  for (const event of events)
    if (event._tag === 'TaskChanged' && (newest === undefined || event.task.at > newest))
      newest = event.task.at
  return newest
}

/**
 * Runs a worker: sources deliver events, the reducer folds them, each sink is reconciled with the desired state, and
 * the progress of the sinks decides which deliveries are acknowledged. Throws when the setup contradicts itself; after
 * that, only `stop` ends it.
 */
export const run = (setup: RunSetup, { clock, random }: Environment): Worker => {
  checkSetup(setup)
  const {
    sources,
    sinks,
    expose,
    clusters,
    ack = 'applied',
    skewAllowanceMs = defaultSkewAllowanceMs,
    lookupWaitMs = 300_000,
    drainMs = 20_000,
  } = setup
  const covers = sources.flatMap((source) => source.covers)
  const identified = new Set(sources.flatMap(({ identifies = [] }) => identifies))
  const follows = followed({ clusters, identified, covers })
  const abort = new AbortController()
  const acknowledgements = new Acknowledgements({
    ack,
    required: sinks.filter(({ required }) => required !== false).map(({ name }) => name),
    lookupWaitMs,
    isCovered: (task) => isCovered(state$.value.tasks.get(task)?.cluster ?? '', covers, state$.value),
    clock,
    signal: abort.signal,
    report: (what) => report(what),
  })
  const room = new TaskRoom()
  const namesakes = new Namesakes()
  /** Deliveries of clusters that may be followed, until that is known. */
  let unidentified: { readonly source: Source; readonly delivery: Delivery }[] = []
  const reports$ = new Subject<Report>()
  const state$ = new BehaviorSubject<ClusterState>(emptyState)
  const fed$ = new BehaviorSubject<ClusterState>(emptyState)
  const subscriptions = new Subscription()
  const report = (what: Report): void => reports$.next(what)
  let sweepDue = false
  let stopping: Promise<void> | undefined
  const readiness = new Readiness({ sinks, covers })
  let announceStopped: () => void = () => undefined
  const stopped = new Promise<void>((resolve) => (announceStopped = resolve))

  const latest = latestDesired({
    project: projector({
      expose,
      covers,
      skewAllowanceMs,
      unhealthy: setup.unhealthy ?? defaultHealthPolicy,
    }),
    state: () => state$.value,
    revision: () => acknowledgements.revision,
    report,
  })

  const know = (state: ClusterState): void => {
    state$.next(state)
    if (stopping === undefined) fed$.next(state)
    announceIfRead()
  }

  const announceIfRead = (): void => {
    if (sinks.length === 0) readiness.known(latest())
  }

  const forget = (settled: boolean): void => {
    const before = state$.value
    const after = sweep(before, {
      skewAllowanceMs,
      now: clock.now(),
      settled,
      follows: (cluster) => follows(cluster, before) !== 'no',
    })
    sweepDue = !settled
    const forgotten = before.tasks.size - after.tasks.size
    if (forgotten > 0) room.recount(after)
    know(after)
    report({ _tag: 'Swept', forgotten, tasks: after.tasks.size })
  }

  const reached = ({ name }: AnySink, at: Desired, settled: boolean): void => {
    readiness.reached(name, at)
    if (!settled) return
    acknowledgements.settle(name, at)
    if (sweepDue && acknowledgements.quiet) forget(true)
  }

  const reconcilers = sinks.map(
    (sink) =>
      new Reconciler(sink, {
        owner: setup.owner ?? defaultOwner(clusters ?? covers),
        pruneGuard: setup.pruneGuard ?? defaultPruneGuard,
        minWriteIntervalMs: setup.minWriteIntervalMs ?? 250,
        resyncMs: setup.resyncMs ?? 60_000,
        timeoutMs: setup.timeoutMs ?? 30_000,
        givesUpAfter,
        clock,
        random,
        latest,
        report,
        reached: (at, settled) => reached(sink, at, settled),
        doubt: () => {
          for (const source of sources) source.refresh?.()
        },
        signal: abort.signal,
      }),
  )

  const followingOf = (event: ClusterEvent, known: ClusterState): Following => {
    const cluster = clusterOf(event)
    return cluster === undefined ? 'yes' : follows(cluster, known)
  }

  const warn = (source: Source, message: string | undefined): void => {
    if (message !== undefined)
      report({ _tag: 'Noticed', source: source.name, notice: { _tag: 'Warning', message } })
  }

  /** Whether an event may be folded: false for a new task in a cluster that already has implausibly many. */
  const fits = (event: ClusterEvent, state: ClusterState): boolean => {
    if (event._tag !== 'TaskChanged') return true
    const { arn, cluster } = event.task
    if (state.tasks.has(arn)) return true
    if (!room.hasRoom(cluster, state) && isCovered(cluster, covers, state$.value)) return false
    room.add(cluster)
    return true
  }

  const foldAll = (source: Source, events: readonly ClusterEvent[]): ClusterState => {
    let state = state$.value
    for (const event of events) {
      if (fits(event, state)) state = reduce(state, event)
      else if (event._tag === 'TaskChanged') warn(source, namesakes.crowded(event.task.cluster))
    }
    return state
  }

  /** A complete snapshot of a cluster whose name a source covers also says which cluster the name stands for. */
  const identifiedBy = (
    { covers: named }: Source,
    events: readonly ClusterEvent[],
  ): readonly ClusterEvent[] =>
    events.flatMap((event): readonly ClusterEvent[] => {
      if (event._tag !== 'TasksListed') return [event]
      const name = named.find(
        (one) =>
          !one.startsWith('arn:') &&
          !isClusterPattern(one) &&
          sameCluster(one, event.cluster) &&
          !state$.value.identities.has(one),
      )
      return name === undefined
        ? [event]
        : [{ _tag: 'ClusterIdentified', named: name, clusters: [event.cluster], order: 0 }, event]
    })

  /** Called when names have been identified: folds deliveries that waited, and forgets tasks of other clusters. */
  const afterIdentities = (): void => {
    const waiting = unidentified
    unidentified = []
    for (const { source, delivery } of waiting) fold(source, delivery)
    const { tasks } = state$.value
    let kept = tasks
    for (const [arn, { cluster }] of tasks)
      if (follows(cluster, state$.value) === 'no' && !state$.value.marks.has(cluster)) kept = kept.delete(arn)
    if (kept === tasks) return
    const state = { ...state$.value, tasks: kept }
    room.recount(state)
    know(state)
  }

  const fold = (source: Source, delivery: Delivery): void => {
    if (stopping !== undefined) {
      delivery.nack(new Error('the worker is stopping'))
      return
    }
    const received = identifiedBy(source, delivery.events)
    // Events about names apply to all other events of the delivery, whatever their order.
    const known = received.filter(tellsOfNames).reduce(reduce, state$.value)
    const following = received.map((event) => followingOf(event, known))
    if (following.includes('unknown')) {
      unidentified.push({ source, delivery })
      if (known === state$.value) return
      know(known)
      afterIdentities()
      return
    }
    const events = following.includes('no') ? received.filter((_, i) => following[i] === 'yes') : received
    for (const [i, event] of received.entries())
      if (following[i] === 'no')
        warn(source, namesakes.met(clusterOf(event) ?? '', clusters ?? [], state$.value))
    const before = state$.value
    const after = foldAll(source, events)
    const newest = newestOf(events)
    report({
      _tag: 'Folded',
      source: source.name,
      revision: acknowledgements.enter(delivery, events, newest),
      events: events.length,
      elsewhere: received.length - events.length,
      newest,
      changed: after !== before,
    })
    acknowledgements.reportEntered()
    know(after)
    if (after.identities !== before.identities || events.some((event) => refusesName(event, identified)))
      afterIdentities()
    if (events.some(({ _tag }) => _tag === 'TasksListed')) {
      room.recount(state$.value)
      // A sink that is down for a whole interval must not prevent forgetting, because snapshots do not wait for it.
      if (sweepDue) forget(false)
      sweepDue = true
    }
    for (const reconciler of reconcilers) reconciler.ask()
  }

  const context: SourceContext = {
    state$: fed$,
    endpoints$: offeredEndpoints(fed$, expose, skewAllowanceMs),
    clock,
    random,
    signal: abort.signal,
    needs: expose.needs ?? 'bindings',
  }

  const rounds = reconcilers.map(({ rounds$ }) => lastValueFrom(rounds$, { defaultValue: undefined }))
  const drained: Promise<unknown>[] = []

  const start = (): void => {
    announceIfRead()
    for (const reconciler of reconcilers) {
      void reconciler.keepReading()
      reconciler.ask()
    }
    for (const source of sources) {
      const ended = new Promise<void>((resolve) => {
        subscriptions.add(
          followSource(source, context).subscribe({
            next: (output) => {
              if (output._tag === 'Delivery') fold(source, output)
              else report({ _tag: 'Noticed', source: source.name, notice: output })
            },
            complete: resolve,
          }),
        )
      })
      drained.push(ended)
    }
    if (covers.length === 0) void keepSweeping()
  }

  const keepSweeping = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(sweepMs, abort.signal)
      if (abort.signal.aborted) return
      sweepDue = true
      if (acknowledgements.quiet) forget(true)
    }
  }

  const drain = async (): Promise<void> => {
    const late = new AbortController()
    const deadline = clock.sleep(drainMs, late.signal)
    fed$.complete()
    for (const reconciler of reconcilers) reconciler.finish()
    await Promise.race([Promise.all(rounds), deadline])
    for (const { delivery } of unidentified)
      delivery.nack(new Error('the worker stopped before the cluster of this event was identified'))
    unidentified = []
    acknowledgements.abandon()
    await Promise.race([Promise.all(drained), deadline])
    late.abort()
    abort.abort()
    announceStopped()
    subscriptions.unsubscribe()
    state$.complete()
    reports$.complete()
  }

  // Deferred, so that the caller can subscribe to the reports first.
  queueMicrotask(() => {
    if (stopping === undefined) start()
  })

  const desired$ = new Observable<Desired>((subscriber) =>
    state$.subscribe({ next: () => subscriber.next(latest()), complete: () => subscriber.complete() }),
  )

  return {
    reports$: reports$.asObservable(),
    state$: state$.asObservable(),
    desired$,
    changes$: desired$.pipe(backendChanges()),
    ready: readiness.ready,
    reread: async () => {
      const rounds = reconcilers.map((reconciler) => reconciler.reread())
      await Promise.race([Promise.all(rounds.filter((_, i) => sinks[i]?.required !== false)), stopped])
    },
    stop: () => (stopping ??= drain()),
  }
}
