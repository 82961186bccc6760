import { lastValueFrom, merge, Subject, Subscription } from 'rxjs'
import { Acknowledgements } from './acknowledgements.js'
import { backendChanges } from './backend-changes.js'
import { conflateMap } from './conflate-map.js'
import { drained, type Draining } from './drain.js'
import type { ExplainedWorld } from './explain/explained-world.js'
import { FoldedState } from './folded-state.js'
import { followSource } from './follow-source.js'
import { followed } from './followed.js'
import { defaultHealthChecks } from './health-checks.js'
import { defaultHealthPolicy } from './health-policy.js'
import { Intake } from './intake.js'
import { JournalFollower } from './journal-follower.js'
import { LatestDesired } from './latest-desired.js'
import { defaultSkewAllowanceMs } from './liveness.js'
import { defaultPruneGuard } from './plan.js'
import { OfferTimes } from './offer-times.js'
import { type ProjectOptions, projectorInSlices, type SlicedProjector } from './project.js'
import { Readiness } from './readiness.js'
import { Reconciler } from './reconcile.js'
import type { Report } from './report.js'
import { SinkLag } from './sink-lag.js'
import { SlowStart } from './slow-start.js'
import type { Source } from './source.js'
import { sourceContext } from './source-context.js'
import { checkSetup, defaultOwner, type Environment, type RunSetup } from './run-setup.js'
import { Traces } from './traces.js'
import type { Worker } from './worker.js'

/** Number of rejections after which acknowledgements no longer wait for a change. */
const givesUpAfter = 3

/** Whether the source tells its origin what was acknowledged, as queues and webhooks do. */
const needsConfirmation = ({ covers, identifies = [], provides = [] }: Source): boolean =>
  covers.length + identifies.length + provides.length === 0

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
    slowStartMs = 0,
    healthChecks = defaultHealthChecks,
  } = setup
  const covers = sources.flatMap((source) => source.covers)
  const identified = new Set(sources.flatMap(({ identifies = [] }) => identifies))
  const follows = followed({ clusters, identified, covers })
  const abort = new AbortController()
  const { signal } = abort
  const reports$ = new Subject<Report>()
  const report = (what: Report): void => reports$.next(what)

  const readiness = new Readiness({ sinks, covers })
  const announceIfRead = (): void => {
    if (sinks.length === 0) void latest.get().then((desired) => readiness.known(desired))
  }
  const folded = new FoldedState({ covers, follows, skewAllowanceMs, onState: announceIfRead })
  const acknowledgements = new Acknowledgements({
    ack,
    required: sinks.filter(({ required }) => required !== false).map(({ name }) => name),
    lookupWaitMs,
    isCovered: (task) => folded.isCovered(task),
    clock,
    signal,
    report,
  })
  const traces = setup.tracer === undefined ? undefined : new Traces(setup.tracer)
  const offerTimes = new OfferTimes(skewAllowanceMs)
  // A dry sink writes nothing that could be measured.
  const lags = new Map(
    sinks.flatMap((sink) => (sink.dry === true ? [] : [[sink.name, new SinkLag(sink, report)] as const])),
  )
  /** Weights have grown. */
  const stepped$ = new Subject<void>()
  const options: ProjectOptions = {
    expose,
    covers,
    skewAllowanceMs,
    unhealthy: setup.unhealthy ?? defaultHealthPolicy,
    healthChecks,
  }
  const project = projectorInSlices({
    ...options,
    onClaims: (task, backends) => offerTimes.claimed(task, backends),
  })
  const onStep = (): void => {
    for (const reconciler of reconcilers) reconciler.ask()
    stepped$.next()
  }
  const slowStart = slowStartMs > 0 ? new SlowStart({ slowStartMs, clock, signal, onStep }) : undefined
  const offered: SlicedProjector =
    slowStart === undefined
      ? project
      : function* (state, revision) {
          return yield* slowStart.apply(yield* project(state, revision))
        }
  const latest = new LatestDesired({
    project: offered,
    step: () => slowStart?.current ?? 0,
    state: () => folded.current,
    revision: () => acknowledgements.revision,
    clock,
    signal,
    report,
    traces,
    onProjected: (desired, before) => {
      const times = offerTimes.projected(desired)
      if (times.length > 0) for (const lag of lags.values()) lag.offered(times, desired, before)
    },
  })
  const timeoutMs = setup.timeoutMs ?? 30_000
  const journal: JournalFollower | undefined =
    setup.journal === undefined
      ? undefined
      : new JournalFollower({
          journal: setup.journal,
          timeoutMs,
          catchUpMs: setup.catchUpMs ?? 1000,
          clock,
          random,
          signal,
          state: () => folded.current,
          news: (events) => folded.news(events),
          stored: (heard, events) => intake.stored(heard, events),
          read: (entries) => intake.read(entries),
          idle: () => intake.idle(),
          isIncomplete: () => intake.isIncomplete,
          report,
        })
  const intake: Intake = new Intake({
    clusters: clusters ?? [],
    identified,
    follows,
    folded,
    acknowledgements,
    clock,
    signal,
    report,
    traces,
    onHeard: (heard) => offerTimes.folded(heard),
    onFolded: () => {
      for (const reconciler of reconcilers) reconciler.ask()
    },
    ...(journal === undefined ? {} : { store: (heard) => journal.store(heard) }),
  })
  // A signal of its own for each: every wait adds a listener, and Node warns of eleven at one signal.
  const aborts = sinks.map((sink) => ({ sink, abort: new AbortController() }))
  const reconcilers = aborts.map(
    ({ sink, abort: { signal: aborted } }) =>
      new Reconciler(sink, {
        owner: setup.owner ?? defaultOwner(clusters ?? covers),
        pruneGuard: setup.pruneGuard ?? defaultPruneGuard,
        minWriteIntervalMs: setup.minWriteIntervalMs ?? 250,
        resyncMs: setup.resyncMs ?? 60_000,
        timeoutMs,
        givesUpAfter,
        clock,
        random,
        latest: () => latest.get(),
        ...(journal === undefined ? {} : { caughtUp: () => journal.caughtUp() }),
        report,
        trace: traces && (() => traces.round(sink.name)),
        applied: (applied) => lags.get(sink.name)?.applied(applied),
        reached: (desired, how) => {
          if (how !== 'held') lags.get(sink.name)?.reached(desired)
          readiness.reached(sink.name, desired)
          if (how !== 'held') intake.settle(sink.name, desired, how === 'exact')
        },
        doubt: () => {
          for (const source of sources) source.refresh?.()
        },
        signal: aborted,
      }),
  )
  const context = sourceContext({
    state$: folded.fed$,
    expose,
    skewAllowanceMs,
    healthChecks,
    clock,
    random,
    alone: journal === undefined ? undefined : (work, make) => journal.alone(work, make),
    signal,
  })

  const finishing = reconcilers.map((reconciler): Draining => ({
    name: reconciler.name,
    ended: lastValueFrom(reconciler.rounds$, { defaultValue: undefined }),
    // Without unsettled deliveries, the target lacks nothing that it would have to be told again.
    isWorthwhile: () => reconciler.hasWorked && acknowledgements.unsettled > 0,
  }))
  const subscriptions = new Subscription()
  const closing: Draining[] = []
  let stopping: Promise<void> | undefined
  let announceStopped: () => void = () => undefined
  const stopped = new Promise<void>((resolve) => (announceStopped = resolve))

  const start = (): void => {
    for (const reconciler of reconcilers) {
      void reconciler.keepReading()
      reconciler.ask()
    }
    if (journal === undefined) follow()
    else {
      void journal.follow()
      // Sources then know which snapshots and lookups are needed.
      void journal.begun.then(follow)
    }
  }

  const follow = (): void => {
    if (stopping !== undefined) return
    announceIfRead()
    for (const source of sources) {
      let hasDelivered = false
      const ended = new Promise<void>((resolve) => {
        subscriptions.add(
          followSource(source, context).subscribe({
            next: (output) => {
              if (output._tag === 'Delivery') {
                hasDelivered = true
                intake.take(source, output)
              } else report({ _tag: 'Noticed', source: source.name, notice: output })
            },
            complete: resolve,
          }),
        )
      })
      closing.push({
        name: source.name,
        ended,
        // Nothing is lost with a snapshot or a lookup that is under way.
        isWorthwhile: () => hasDelivered && needsConfirmation(source),
      })
    }
    if (covers.length === 0) void intake.keepForgetting(signal)
  }

  const drain = async (): Promise<void> => {
    const late = new AbortController()
    const deadline = clock.sleep(drainMs, late.signal)
    intake.close()
    await Promise.race([intake.idle(), deadline])
    for (const reconciler of reconcilers) reconciler.finish()
    const waiting = (which: 'sinks' | 'sources') => (names: readonly string[]) =>
      report({
        _tag: 'Draining',
        deliveries: acknowledgements.unsettled,
        sinks: which === 'sinks' ? names : [],
        sources: which === 'sources' ? names : [],
      })
    await drained(finishing, { clock, deadline, waiting: waiting('sinks') })
    const nacked = [...(journal?.abandon() ?? []), ...intake.abandon()].filter(needsConfirmation)
    const silent = await drained(closing, { clock, deadline, waiting: waiting('sources') })
    const unconfirmed = new Set([...nacked.map(({ name }) => name), ...silent])
    if (unconfirmed.size > 0) report({ _tag: 'Unconfirmed', sources: [...unconfirmed] })
    late.abort()
    abort.abort()
    for (const each of aborts) each.abort.abort()
    announceStopped()
    subscriptions.unsubscribe()
    folded.end()
    stepped$.complete()
    reports$.complete()
  }

  // Deferred, so that the caller can subscribe to the reports first.
  queueMicrotask(() => {
    if (stopping === undefined) start()
  })

  const worldNow = async (): Promise<ExplainedWorld> => {
    const { state, desired } = await latest.both()
    const targets = await Promise.all(reconcilers.map((reconciler) => reconciler.explained(desired)))
    return { state, options, desired, targets, now: clock.now() }
  }
  /** The answer under way: the parts of it take one question at a time. */
  let answered: Promise<unknown> = Promise.resolve()

  const desired$ = merge(folded.state$, stepped$).pipe(conflateMap(() => latest.now$))

  return {
    reports$: reports$.asObservable(),
    state$: folded.state$,
    desired$,
    changes$: desired$.pipe(backendChanges()),
    ready: readiness.ready,
    reread: async () => {
      const rounds = reconcilers.map((reconciler) => reconciler.reread())
      await Promise.race([Promise.all(rounds.filter((_, i) => sinks[i]?.required !== false)), stopped])
    },
    world: () => {
      const world = answered.then(worldNow, worldNow)
      answered = world
      return world
    },
    stop: () => (stopping ??= drain()),
  }
}
