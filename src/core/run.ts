import { BehaviorSubject, lastValueFrom, Observable, Subject, Subscription } from 'rxjs'
import { lastSegment, sameCluster } from './arn.js'
import { backoff } from './backoff.js'
import type { Clock, Random } from './clock.js'
import { type ClusterState, emptyState } from './cluster-state.js'
import type { Desired } from './desired.js'
import type { ClusterEvent, Millis } from './event.js'
import type { Expose } from './expose.js'
import { Ledger } from './ledger.js'
import { defaultGrace } from './liveness.js'
import { defaultGuard, type Guard } from './plan.js'
import { projector } from './project.js'
import { Reconciler } from './reconcile.js'
import { reduce } from './reduce.js'
import type { Report } from './report.js'
import type { AnySink, Owner } from './sink.js'
import type { Delivery, Notice, Source } from './source.js'
import { sweep } from './sweep.js'

export interface RunSetup {
  readonly sources: readonly Source[]
  readonly sinks: readonly AnySink[]
  /** Which ports of a task are offered, and under which names: `servicePorts()`, or your own. */
  readonly expose: Expose
  /**
   * Follow only these clusters, by name or ARN; events of others are acknowledged and counted. Default: all that the sources tell of.
   */
  readonly clusters?: readonly string[]
  /**
   * Who we are to the targets. Workers with one owner must follow the same clusters, else they take each other's records away.
   * Default: `ecs-task-stream/` and the names of the clusters.
   */
  readonly owner?: Owner
  /**
   * When a delivery may be forgotten.
   * - `applied` (default): when every required sink holds what follows from it. Safe with a queue alone. A required sink that is down pauses the sources.
   * - `folded`: at once. Isolates sinks, and needs snapshots of every cluster: what a crash loses comes back with the next one. Refused otherwise.
   */
  readonly ack?: 'applied' | 'folded'
  /** Clock skew and delays of ECS that a snapshot must allow for: see `defaultGrace`. Default: 30,000 ms. */
  readonly grace?: Millis
  /** Default: no more than half of our own records at once, when that is ten or more. */
  readonly guard?: Guard | 'off'
  /**
   * How long a sink rests after it has written: changes that come meanwhile are one round. A change that comes when it rests not is written
   * at once. Default: 250 ms, so that a deployment of 1,000 tasks is some dozens of writes.
   */
  readonly paceMs?: Millis
  /** How often each target is read as a whole, to find what others did to it; ± 10 %. Default: 60,000 ms. */
  readonly rereadMs?: Millis
  /** A sink's call is aborted after this. Default: 30,000 ms. */
  readonly timeoutMs?: Millis
  /** How long `stop` waits for sinks and acknowledgements. Default: 20,000 ms; ECS kills a task 30 s after SIGTERM. */
  readonly drainMs?: Millis
}

/** What core cannot have of itself. */
export interface Environment {
  readonly clock: Clock
  readonly random: Random
}

export interface Worker {
  /** Hot. Nothing is reported before the code that called `run` has returned. */
  readonly reports$: Observable<Report>
  /** The folded state, now and after each delivery. */
  readonly state$: Observable<ClusterState>
  /** What every target should hold, now and after each delivery; never filtered for changes. */
  readonly desired$: Observable<Desired>
  /** Resolves when every required sink has reached a state that is complete (for the clusters of which snapshots are promised). */
  readonly ready: Promise<void>
  /** Receives nothing more, brings the sinks to the newest state, acknowledges, releases everything. Never rejects. */
  stop(): Promise<void>
}

/** After this many plans a rejected change no longer holds back acknowledgements. */
const givesUpAfter = 3

/** How often tasks are forgotten where there are no snapshots to follow. */
const sweepMs: Millis = 3_600_000

const clusterOf = (event: ClusterEvent): string | undefined =>
  event._tag === 'TaskChanged' ? event.task.cluster : event._tag === 'TasksListed' ? event.cluster : undefined

const timeOf = (event: ClusterEvent): Millis | undefined =>
  event._tag === 'TaskChanged' ? event.task.at : undefined

const unique = (kind: string, names: readonly string[]): void => {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw new Error(`two ${kind} are named "${twice}": give one of them another name option`)
}

const validate = ({ sources, sinks, clusters, ack }: RunSetup): void => {
  unique(
    'sources',
    sources.map(({ name }) => name),
  )
  unique(
    'sinks',
    sinks.map(({ name }) => name),
  )
  if (ack !== 'folded') return
  const covers = sources.flatMap((source) => source.covers)
  const uncovered = clusters?.filter(
    (cluster) => !covers.some((covered) => sameCluster(covered, cluster) || sameCluster(cluster, covered)),
  )
  if (uncovered === undefined || uncovered.length > 0)
    throw new Error(
      `ack: 'folded' forgets events before they are applied, so every cluster needs a snapshot source: ` +
        (uncovered === undefined
          ? 'name the clusters, and add a source that covers them'
          : `add one that covers ${uncovered.join(', ')}, or use ack: 'applied'`),
    )
}

const defaultOwner = (clusters: readonly string[]): Owner =>
  ['ecs-task-stream', [...new Set(clusters.map(lastSegment))].sort().join('+')].filter(Boolean).join('/')

/**
 * The whole product: sources deliver, the reducer folds, each sink is reconciled with what then is desired, and its progress tells the
 * sources what may be forgotten. Throws when the setup contradicts itself; after that, nothing but `stop` ends it.
 */
export const run = (setup: RunSetup, { clock, random }: Environment): Worker => {
  validate(setup)
  const { sources, sinks, expose, clusters, ack = 'applied', grace = defaultGrace, drainMs = 20_000 } = setup
  const covers = sources.flatMap((source) => source.covers)
  const required = sinks.filter((sink) => sink.required !== false)
  const ledger = new Ledger(required.map(({ name }) => name))
  const project = projector({ expose, covers, grace })
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
    const events = delivery.events.filter(follows)
    const before = state$.value
    const after = events.reduce(reduce, before)
    const times = events.map(timeOf).filter((time) => time !== undefined)
    const newest = times.length === 0 ? undefined : Math.max(...times)
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
    know(after)
    if (events.some(({ _tag }) => _tag === 'TasksListed')) {
      // A sink that is down for a whole interval must not keep us from forgetting: snapshots never wait for it.
      if (sweepDue) forget(false)
      sweepDue = true
    }
    for (const reconciler of reconcilers) reconciler.ask()
  }

  /** A source promises never to fail; should it, it is a bug of its own, and the others go on. */
  const follow = (source: Source): Observable<Delivery | Notice> =>
    new Observable((subscriber) => {
      const subscribe = (failures: number): void => {
        subscriber.add(
          source.deliveries(fed$).subscribe({
            next: (output) => subscriber.next(output),
            complete: () => subscriber.complete(),
            error: (thrown) => {
              const retryIn = backoff(failures, random)
              const error = thrown instanceof Error ? thrown : new Error(String(thrown))
              subscriber.next({ _tag: 'SourceFailed', operation: 'deliveries', error, retryIn })
              void clock.sleep(retryIn, abort.signal).then(() => {
                if (abort.signal.aborted) subscriber.complete()
                else subscribe(failures + 1)
              })
            },
          }),
        )
      }
      subscribe(0)
    })

  const rounds = reconcilers.map(({ rounds$ }) => lastValueFrom(rounds$, { defaultValue: undefined }))
  const drained: Promise<unknown>[] = []

  const start = (): void => {
    if (sinks.length === 0) announceReady()
    for (const reconciler of reconcilers) {
      void reconciler.keepReading()
      reconciler.ask()
    }
    for (const source of sources) {
      const ended = new Promise<void>((resolve) => {
        subscriptions.add(
          follow(source).subscribe({
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
    stop: () => (stopping ??= drain()),
  }
}
