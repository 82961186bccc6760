import { type Observable, Subject } from 'rxjs'
import { effectOf } from './effect.js'
import { errorOf } from './error-of.js'
import type { ExplainedTarget } from './explain/explained-target.js'
import { InspectedTarget } from './inspected-target.js'
import { backoff, type BackoffOptions } from './backoff.js'
import type { Clock, Millis, Random } from './clock.js'
import { comparePlans } from './compare-plans.js'
import { conflateMap } from './conflate-map.js'
import type { Desired } from './desired.js'
import type { PruneGuard, Plan } from './plan.js'
import { Rejections } from './rejections.js'
import type { RoundStage, RoundTrace } from './round-trace.js'
import type { StageResult } from './tracer.js'
import type { Report } from './report.js'
import type { Change, Outcome, Owner, Sink } from './sink.js'
import { sliced, sliceSize } from './sliced.js'
import { TargetView } from './target-view.js'
import { withinTime } from './within-time.js'

export interface ReconcileOptions {
  readonly owner: Owner
  readonly pruneGuard: PruneGuard | 'off'
  /** The pause after each round that wrote, in which changes are collected. */
  readonly minWriteIntervalMs: Millis
  /** Maximum age of the view of the target before it is read again, to see changes by others. */
  readonly resyncMs: Millis
  /** Timeout for a call to the sink. */
  readonly timeoutMs: Millis
  /** Number of consecutive rejections after which the cursor no longer waits for a change. */
  readonly givesUpAfter: number
  readonly clock: Clock
  readonly random: Random
  /**
   * The desired state of everything that is known when it is called. Called at each attempt, so that a retry never
   * applies a stale one.
   */
  readonly latest: () => Promise<Desired>
  readonly report: (report: Report) => void
  /**
   * Resolves when the state has everything that other workers knew when it was called. Called after the view of the
   * target was obtained and before each plan: what led to the records in the view is then known, and no write takes
   * back what another worker wrote with better knowledge. Default: there are no others.
   */
  readonly caughtUp?: () => Promise<void>
  /** Called when the target was compared with `desired`. */
  readonly reached: (desired: Desired, how: Reached) => void
  /** Called when the outcomes of changes are known. Default: nobody listens. */
  readonly applied?: (applied: Applied) => void
  /** Begins the trace of a round. Default: rounds are not traced. */
  readonly trace?: (() => RoundTrace) | undefined
  /** Called when the prune guard begins to skip changes until newer snapshots confirm them. */
  readonly doubt: () => void
  readonly signal: AbortSignal
}

/** What became of the changes of one call of `Sink.apply`. */
export interface Applied {
  /** What they were planned for. */
  readonly desired: Desired
  readonly done: readonly Change<unknown>[]
  /** They are tried again, or given up. */
  readonly left: readonly Change<unknown>[]
  readonly at: Millis
}

/** Conflicts and failures of a target usually pass within seconds; a longer wait would only make it more stale. */
const retries: BackoffOptions = { base: 50, cap: 10_000 }

/**
 * How a target compares with the desired state.
 * - `exact`: it holds all of it.
 * - `settled`: it holds all that may be written. Records of others were skipped, or rejected changes given up.
 * - `held`: skipped changes must keep the deliveries unacknowledged.
 */
export type Reached = 'exact' | 'settled' | 'held'

/** The result of an attempt. `again`: the target changed, or a change failed. */
type Attempt = Reached | 'again'

const resultOfPlan = ({ changes, skipped }: Plan<unknown>): StageResult => ({
  changes: changes.length,
  skipped: skipped.length,
})

const resultOfApply = (outcomes: readonly Outcome<unknown>[]): StageResult => {
  const changes = outcomes.filter(({ _tag }) => _tag === 'Done').length
  const failed = outcomes.find((outcome) => outcome._tag === 'Failed' || outcome._tag === 'Rejected')
  return {
    changes,
    left: outcomes.length - changes,
    ...(failed?._tag === 'Failed' && { error: failed.error }),
    ...(failed?._tag === 'Rejected' && { error: new Error(failed.reason) }),
  }
}

/** Whether every readable cluster has a newer snapshot. */
const areNewer = (readings: Desired['readings'], before: Desired['readings']): boolean =>
  readings.size > 0 && [...readings].every(([cluster, order]) => order > (before.get(cluster) ?? 0))

/**
 * Brings one target to the newest desired state: read ▸ render ▸ plan ▸ apply ▸ cursor. One round runs at a time;
 * requests in the meantime share the next round.
 *
 * The target is not read before each write. Its contents are known from the last read and the outcomes of this worker's
 * writes, and each write is conditional on them. If the view is wrong, the write conflicts and the view is corrected.
 */
export class Reconciler<V> {
  private readonly asked = new Subject<void>()
  private view: TargetView<V> | undefined
  private readAt: Millis = 0
  private settled: Desired | undefined
  /** Whether the target held all of `settled`. */
  private exact = false
  private readonly rejections: Rejections<V>
  /** The keys whose last change failed, so that it may have been made or not: the view tells what was before. */
  private readonly uncertain = new Set<string>()
  private wrote = false
  /** The trace of the round that is under way. */
  private trace: RoundTrace | undefined
  private waiting: (() => void)[] = []
  private readonly finishing = new AbortController()
  private reported: Plan<V> = { changes: [], skipped: [] }
  /** `Desired.readings` when the prune guard began to skip changes. */
  private doubtedAt: Desired['readings'] | undefined
  private warned: readonly string[] = []
  /** Whether the target has answered, and whether it has taken a change or refused all of them so far. */
  private readOnce = false
  private writes: 'none' | 'failed' | 'done' = 'none'
  /** The last failure after which the target's records are not known. */
  private failure: Error | undefined
  /** Made when somebody asks. */
  private inspected: InspectedTarget<V> | undefined
  /** Completes when the newest state is reached after `finish`, or when aborted. */
  readonly rounds$: Observable<void> = this.asked.pipe(conflateMap(() => this.reach()))

  constructor(
    private readonly sink: Sink<V>,
    private readonly options: ReconcileOptions,
  ) {
    this.rejections = new Rejections((a, b) => sink.equals(a, b))
  }

  /** The name of the sink. */
  get name(): string {
    return this.sink.name
  }

  /**
   * What the target holds, as this worker knows it, against `desired`. It disturbs no round: see `InspectedTarget`. Wait
   * for the answer before the next call.
   */
  async explained(desired: Desired): Promise<ExplainedTarget> {
    const { owner, pruneGuard } = this.options
    const { view, sink } = this
    if (view === undefined)
      return {
        _tag: 'Unread',
        name: sink.name,
        reason: this.failure?.message ?? 'it has not been read yet',
        ...(this.failure !== undefined && { todo: 'see what `doctor` says' }),
      }
    this.inspected ??= new InspectedTarget(sink, owner, this.pause)
    return this.inspected.against(view.rows, desired, { pruneGuard, confirmed: this.isConfirmed(desired) })
  }

  /** Requests a round. */
  ask(): void {
    this.asked.next()
  }

  /** Reads the target again. Resolves when a round that began after this call has applied everything allowed. */
  reread(): Promise<void> {
    this.view = undefined
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      this.ask()
    })
  }

  /** Whether the target has worked in this process, so that it is worth waiting for. */
  get hasWorked(): boolean {
    return this.readOnce && this.writes !== 'failed'
  }

  /** Runs one last round, then ends. */
  finish(): void {
    this.finishing.abort()
    this.asked.next()
    this.asked.complete()
  }

  /** Requests rounds at intervals, so that the view is renewed even if nothing happens. */
  async keepReading(): Promise<void> {
    const { clock, random, resyncMs, signal } = this.options
    while (!signal.aborted) {
      await clock.sleep(resyncMs * (0.9 + 0.2 * random()), signal)
      this.ask()
    }
  }

  private async reach(): Promise<void> {
    const { clock, minWriteIntervalMs } = this.options
    const waiting = this.waiting
    this.waiting = []
    this.trace = this.options.trace?.()
    try {
      const result = await this.bring()
      this.trace?.end(result)
    } catch (thrown) {
      this.trace?.end({ error: errorOf(thrown) })
      throw thrown
    }
    for (const resolve of waiting) resolve()
    // The first change is written at once, and changes that follow closely share a round. Acknowledgements do not wait
    // for this pause.
    if (this.wrote) await clock.sleep(minWriteIntervalMs, this.finishing.signal)
    this.wrote = false
  }

  /** Attempts it until the target holds all that may be written, or the worker stops. */
  private async bring(): Promise<StageResult> {
    const { clock, random, latest, reached, signal } = this.options
    for (let failures = 0; !signal.aborted; failures++) {
      const wait = backoff(failures, random, retries)
      const view = await this.viewOf(wait)
      if (view !== undefined && this.options.caughtUp !== undefined && !this.isSettled(await latest()))
        await this.options.caughtUp()
      // Asked for after the view was read, so that this round includes everything that arrived during a slow read.
      const desired = await latest()
      this.trace?.brings(desired.revision)
      const attempt = view === undefined ? 'again' : await this.attempt(desired, view, wait)
      if (attempt === 'again') {
        await clock.sleep(wait, signal)
        continue
      }
      if (attempt !== 'held') {
        this.settled = desired
        this.exact = attempt === 'exact'
        this.sink.synced?.(desired, signal)
      }
      reached(desired, attempt)
      return { revision: desired.revision }
    }
    return { error: new Error('the worker stopped before the target was reached') }
  }

  private async attempt(desired: Desired, view: TargetView<V>, retryIn: Millis): Promise<Attempt> {
    const { sink } = this
    if (this.isSettled(desired)) return this.exact ? 'exact' : 'settled'
    const { givesUpAfter } = this.options
    const { readings, revision } = desired
    const whole = await this.stage({
      stage: { _tag: 'Plan', sink: sink.name, revision },
      work: () => this.plan(desired, view),
      resultOf: resultOfPlan,
    })
    const next = {
      ...whole,
      changes: whole.changes.filter((change) => this.rejections.of(change) < givesUpAfter),
    }
    // What is wanted now is as the view has it, so no write would tell what became of the failed one.
    const planned = new Set(next.changes.map(({ key }) => key))
    if ([...this.uncertain].some((key) => !planned.has(key))) {
      this.view = undefined
      return 'again'
    }
    this.reportPlan(next, desired)
    this.weigh(whole, readings)
    if (sink.dry === true) return 'held'
    if (next.changes.length > 0 && !(await this.apply(next.changes, desired, view, retryIn))) return 'again'
    if (next.skipped.some(({ why }) => why === 'too-much')) return 'held'
    // A record that only an incomplete state keeps is none of the desired ones.
    const isWhole = next.skipped.every(({ why }) => why === 'incomplete')
    const isGivenUp = whole.changes.some((change) => this.rejections.of(change) >= givesUpAfter)
    return isWhole && !isGivenUp ? 'exact' : 'settled'
  }

  private async plan(desired: Desired, view: TargetView<V>): Promise<Plan<V>> {
    await sliced(view.update(desired), this.pause)
    const { pruneGuard } = this.options
    const { complete } = desired
    return view.plan({ complete, pruneGuard, confirmed: this.isConfirmed(desired) })
  }

  /** Whether the target was brought to a state with the same backends, so that there is nothing to plan. */
  private isSettled({ backends, complete, unjudged }: Desired): boolean {
    return (
      this.settled?.backends === backends &&
      this.settled.complete === complete &&
      this.settled.unjudged === unjudged
    )
  }

  /** Whether newer snapshots have confirmed what the prune guard doubts. */
  private isConfirmed({ readings }: Desired): boolean {
    return this.doubtedAt !== undefined && areNewer(readings, this.doubtedAt)
  }

  /** Requests confirming snapshots when the prune guard begins to skip changes; resets when a plan is free of them. */
  private weigh({ skipped }: Plan<V>, readings: Desired['readings']): void {
    if (skipped.some(({ why }) => why === 'too-much')) {
      if (this.doubtedAt !== undefined) return
      this.doubtedAt = readings
      this.options.doubt()
    } else if (!skipped.some(({ why }) => why === 'emptied-only')) this.doubtedAt = undefined
  }

  /** The view of the target, read again if it is missing or old. `undefined` if the read failed. */
  private async viewOf(retryIn: Millis): Promise<TargetView<V> | undefined> {
    const { clock, resyncMs, report, owner } = this.options
    const now = clock.now()
    if (this.view !== undefined && now - this.readAt < resyncMs * 0.9) return this.view
    try {
      const rows = await this.stage({
        stage: { _tag: 'Read', sink: this.sink.name },
        work: () => this.call((signal) => this.sink.read(signal)),
      })
      this.readOnce = true
      this.view = new TargetView(this.sink, owner, rows)
      this.readAt = now
      this.settled = undefined
      this.failure = undefined
      this.rejections.clear()
      this.uncertain.clear()
      this.reportWarnings()
      return this.view
    } catch (thrown) {
      this.failure = errorOf(thrown)
      if (!this.options.signal.aborted)
        report({
          _tag: 'SinkFailed',
          sink: this.sink.name,
          operation: 'read',
          key: undefined,
          error: errorOf(thrown),
          retryIn,
        })
      return undefined
    }
  }

  /** Resolves to whether every change is done or given up. */
  private async apply(
    changes: readonly Change<V>[],
    desired: Desired,
    view: TargetView<V>,
    retryIn: Millis,
  ): Promise<boolean> {
    const { sink, options } = this
    // From here until everything is done, the view may differ from the settled state.
    this.settled = undefined
    this.wrote = true
    let outcomes: readonly Outcome<V>[]
    try {
      outcomes = await this.stage({
        stage: { _tag: 'Apply', sink: sink.name, changes: changes.length },
        work: () => this.call((signal) => sink.apply(changes, options.owner, signal)),
        resultOf: resultOfApply,
      })
    } catch (thrown) {
      this.view = undefined
      this.failure = errorOf(thrown)
      if (this.writes === 'none') this.writes = 'failed'
      if (!options.signal.aborted)
        options.report({
          _tag: 'SinkFailed',
          sink: sink.name,
          operation: 'apply',
          key: undefined,
          error: errorOf(thrown),
          retryIn,
        })
      return false
    }
    const byKey = new Map(outcomes.map((outcome) => [outcome.key, outcome]))
    const at = options.clock.now()
    let isEnded = true
    for (const [i, change] of changes.entries()) {
      // As many as there are backends, after the first snapshot.
      if (i > 0 && i % sliceSize === 0) await this.pause()
      if (!this.follow(change, byKey.get(change.key), view, retryIn)) isEnded = false
    }
    const isDone = ({ key }: Change<V>): boolean => byKey.get(key)?._tag === 'Done'
    options.applied?.({
      desired,
      done: changes.filter(isDone),
      left: changes.filter((change) => !isDone(change)),
      at,
    })
    return isEnded
  }

  /** Updates the view with an outcome. Returns whether the change needs no further attempt. */
  private follow(
    change: Change<V>,
    outcome: Outcome<V> | undefined,
    view: TargetView<V>,
    retryIn: Millis,
  ): boolean {
    const { report, givesUpAfter } = this.options
    const sink = this.sink.name
    const { key } = change
    if (outcome === undefined || outcome._tag === 'Failed') this.uncertain.add(key)
    else this.uncertain.delete(key)
    switch (outcome?._tag) {
      case 'Done':
        view.put(key, outcome.row)
        this.writes = 'done'
        this.rejections.forget(key)
        report({ _tag: 'Applied', sink, change, effect: effectOf(this.sink, change) })
        return true
      case 'Conflict':
        if (outcome.found === 'unread') this.view = undefined
        else view.put(key, outcome.found)
        report({
          _tag: 'Conflicted',
          sink,
          key,
          writer: outcome.found === 'unread' ? undefined : outcome.found?.owner,
        })
        return false
      case 'Rejected': {
        const attempts = this.rejections.add(change)
        const givenUp = attempts >= givesUpAfter
        report({ _tag: 'Rejected', sink, key, reason: outcome.reason, attempts, givenUp })
        return givenUp
      }
      case 'Failed':
        if (this.writes === 'none') this.writes = 'failed'
        report({ _tag: 'SinkFailed', sink, operation: 'apply', key, error: outcome.error, retryIn })
        return false
      case undefined: {
        const error = new Error('the sink returned no outcome for this change')
        report({ _tag: 'SinkFailed', sink, operation: 'apply', key, error, retryIn })
        return false
      }
    }
  }

  /** Reports a plan that changes something, or skips something new; a dry one if it differs from the last. */
  private reportPlan(next: Plan<V>, { revision }: Desired): void {
    const { name, dry = false } = this.sink
    const same = comparePlans(next, this.reported, (a, b) => this.sink.equals(a, b))
    this.reported = next
    if (!same.skipped || (dry ? !same.changes : next.changes.length > 0))
      this.options.report({ _tag: 'Planned', sink: name, revision, plan: next, dry })
  }

  private reportWarnings(): void {
    const { name: sink } = this.sink
    const warnings = this.sink.warnings?.() ?? []
    const same = warnings.length === this.warned.length && warnings.every((one, i) => one === this.warned[i])
    this.warned = warnings
    if (!same) this.options.report({ _tag: 'SinkWarned', sink, warnings })
  }

  private stage<A>(stage: RoundStage<A>): Promise<A> {
    return this.trace === undefined ? stage.work() : this.trace.stage(stage)
  }

  private readonly pause = (): Promise<void> => this.options.clock.sleep(0, this.options.signal)

  private call<A>(make: (signal: AbortSignal) => Promise<A>): Promise<A> {
    const { clock, timeoutMs, signal } = this.options
    return withinTime(timeoutMs, clock, signal, make)
  }
}
