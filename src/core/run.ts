import { BehaviorSubject, lastValueFrom, Observable, Subject, Subscription } from 'rxjs'
import { sameCluster } from './arn.js'
import type { Millis } from './clock.js'
import { type ClusterState, emptyState } from './cluster-state.js'
import type { Desired } from './desired.js'
import type { ClusterEvent } from './event.js'
import { followSource } from './follow-source.js'
import { defaultHealthPolicy } from './health-policy.js'
import { Ledger } from './ledger.js'
import { defaultGrace } from './liveness.js'
import { defaultGuard } from './plan.js'
import { projector } from './project.js'
import { Reconciler } from './reconcile.js'
import { reduce } from './reduce.js'
import type { Report } from './report.js'
import { checkSetup, defaultOwner, type Environment, type RunSetup } from './run-setup.js'
import type { AnySink } from './sink.js'
import type { Delivery, Source } from './source.js'
import { sweep } from './sweep.js'
import type { Worker } from './worker.js'

/** After this many plans a rejected change no longer holds back acknowledgements. */
const givesUpAfter = 3

/** How often tasks are forgotten where there are no snapshots to follow. */
const sweepMs: Millis = 3_600_000

const clusterOf = (event: ClusterEvent): string | undefined =>
  event._tag === 'TaskChanged' ? event.task.cluster : event._tag === 'TasksListed' ? event.cluster : undefined

const newestOf = (events: readonly ClusterEvent[]): Millis | undefined => {
  let newest: Millis | undefined
  for (const event of events)
    if (event._tag === 'TaskChanged' && (newest === undefined || event.task.at > newest))
      newest = event.task.at
  return newest
}

/**
 * The whole product: sources deliver, the reducer folds, each sink is reconciled with what then is desired, and its
 * progress tells the sources what may be forgotten. Throws when the setup contradicts itself; after that, nothing but
 * `stop` ends it.
 */
export const run = (setup: RunSetup, { clock, random }: Environment): Worker => {
  checkSetup(setup)
  const { sources, sinks, expose, clusters, ack = 'applied', grace = defaultGrace, drainMs = 20_000 } = setup
  const covers = sources.flatMap((source) => source.covers)
  const required = sinks.filter((sink) => sink.required !== false)
  const ledger = new Ledger(required.map(({ name }) => name))
  const project = projector({ expose, covers, grace, unhealthy: setup.unhealthy ?? defaultHealthPolicy })
  const abort = new AbortController()
  const reports$ = new Subject<Report>()
  const state$ = new BehaviorSubject<ClusterState>(emptyState)
  const fed$ = new BehaviorSubject<ClusterState>(emptyState)
  const subscriptions = new Subscription()
  const report = (what: Report): void => reports$.next(what)
  let desired: { readonly state: ClusterState; readonly value: Desired } | undefined
  let sweepDue = false
  let stopping: Promise<void> | undefined
  let announceReady: () => void = () => undefined
  const ready = new Promise<void>((resolve) => (announceReady = resolve))
  const reachedOnce = new Set<string>()
  let announceStopped: () => void = () => undefined
  const stopped = new Promise<void>((resolve) => (announceStopped = resolve))

  const latest = (): Desired => {
    const state = state$.value
    if (desired?.state !== state || desired.value.revision !== ledger.revision) {
      const value = project(state, ledger.revision)
      const known = desired?.value.unresolved
      if (value.unresolved !== known && value.unresolved.size + (known?.size ?? 0) > 0)
        report({ _tag: 'Unresolved', tasks: value.unresolved })
      desired = { state, value }
    }
    return desired.value
  }

  const know = (state: ClusterState): void => {
    state$.next(state)
    if (stopping === undefined) fed$.next(state)
    if (sinks.length === 0) announceWhenCovered(state)
  }

  /** Without sinks there is nobody to reach it. */
  const announceWhenCovered = ({ marks }: ClusterState): void => {
    const clustersKnown = Array.from(marks, ([cluster]) => cluster)
    if (covers.every((named) => clustersKnown.some((cluster) => sameCluster(named, cluster)))) announceReady()
  }

  const forget = (settled: boolean): void => {
    const before = state$.value
    const after = sweep(before, { grace, now: clock.now(), settled })
    sweepDue = !settled
    const forgotten = before.tasks.size - after.tasks.size
    know(after)
    report({ _tag: 'Swept', forgotten, tasks: after.tasks.size })
  }

  const reached = ({ name }: AnySink, at: Desired, settled: boolean): void => {
    if (at.complete || covers.length === 0) {
      reachedOnce.add(name)
      if (required.every((sink) => reachedOnce.has(sink.name))) announceReady()
    }
    if (!settled) return
    const newest = ledger.newest(at.revision)
    const acknowledged = ledger.settle(name, at.revision)
    report({ _tag: 'Settled', sink: name, revision: at.revision, newest })
    if (acknowledged > 0)
      report({ _tag: 'Acknowledged', deliveries: acknowledged, unsettled: ledger.unsettled })
    if (sweepDue && ledger.quiet) forget(true)
  }

  const reconcilers = sinks.map(
    (sink) =>
      new Reconciler(sink, {
        owner: setup.owner ?? defaultOwner(clusters ?? covers),
        guard: setup.guard ?? defaultGuard,
        paceMs: setup.paceMs ?? 250,
        rereadMs: setup.rereadMs ?? 60_000,
        timeoutMs: setup.timeoutMs ?? 30_000,
        givesUpAfter,
        clock,
        random,
        latest,
        report,
        reached: (at, settled) => reached(sink, at, settled),
        signal: abort.signal,
      }),
  )

  const follows = (event: ClusterEvent): boolean => {
    const cluster = clusterOf(event)
    return (
      cluster === undefined || clusters === undefined || clusters.some((named) => sameCluster(named, cluster))
    )
  }

  const fold = (source: Source, delivery: Delivery): void => {
    if (stopping !== undefined) {
      delivery.nack(new Error('the worker is stopping'))
      return
    }
    const events = clusters === undefined ? delivery.events : delivery.events.filter(follows)
    const before = state$.value
    const after = events.reduce(reduce, before)
    const newest = newestOf(events)
    const revision = ledger.enter(
      ack === 'folded' ? { ack: () => undefined, nack: () => undefined } : delivery,
      newest,
    )
    if (ack === 'folded') delivery.ack()
    report({
      _tag: 'Folded',
      source: source.name,
      revision,
      events: events.length,
      elsewhere: delivery.events.length - events.length,
      newest,
      changed: after !== before,
    })
    // The ledger has acknowledged it already: it waits for no sink.
    if (required.length === 0) report({ _tag: 'Acknowledged', deliveries: 1, unsettled: ledger.unsettled })
    know(after)
    if (events.some(({ _tag }) => _tag === 'TasksListed')) {
      // A sink that is down for a whole interval must not keep us from forgetting: snapshots never wait for it.
      if (sweepDue) forget(false)
      sweepDue = true
    }
    for (const reconciler of reconcilers) reconciler.ask()
  }

  const rounds = reconcilers.map(({ rounds$ }) => lastValueFrom(rounds$, { defaultValue: undefined }))
  const drained: Promise<unknown>[] = []

  const start = (): void => {
    if (sinks.length === 0) announceWhenCovered(state$.value)
    for (const reconciler of reconcilers) {
      void reconciler.keepReading()
      reconciler.ask()
    }
    for (const source of sources) {
      const ended = new Promise<void>((resolve) => {
        subscriptions.add(
          followSource(source, fed$, { clock, random }, abort.signal).subscribe({
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
      if (ledger.quiet) forget(true)
    }
  }

  const drain = async (): Promise<void> => {
    const late = new AbortController()
    const deadline = clock.sleep(drainMs, late.signal)
    fed$.complete()
    for (const reconciler of reconcilers) reconciler.finish()
    await Promise.race([Promise.all(rounds), deadline])
    ledger.abandon(new Error('the worker stopped before this was applied'))
    await Promise.race([Promise.all(drained), deadline])
    late.abort()
    abort.abort()
    announceStopped()
    subscriptions.unsubscribe()
    state$.complete()
    reports$.complete()
  }

  // Whoever called gets to subscribe to the reports first.
  queueMicrotask(() => {
    if (stopping === undefined) start()
  })

  return {
    reports$: reports$.asObservable(),
    state$: state$.asObservable(),
    desired$: new Observable((subscriber) =>
      state$.subscribe({ next: () => subscriber.next(latest()), complete: () => subscriber.complete() }),
    ),
    ready,
    reread: async () => {
      const rounds = reconcilers.map((reconciler) => reconciler.reread())
      await Promise.race([Promise.all(rounds.filter((_, i) => sinks[i]?.required !== false)), stopped])
    },
    stop: () => (stopping ??= drain()),
  }
}
