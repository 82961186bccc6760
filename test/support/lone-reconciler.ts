/** A reconciler without a worker, on a virtual clock. It writes down everything that it does, in order. */
import { type Addresses, memory } from 'ecs-task-stream/sinks/memory'
import { onTestFinished } from 'vitest'
import type { Desired } from '../../src/core/desired.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { PruneGuard } from '../../src/core/plan.js'
import { type ReconcileOptions, Reconciler } from '../../src/core/reconcile.js'
import type { Report } from '../../src/core/report.js'
import { RoundTrace } from '../../src/core/round-trace.js'
import type { Change, Outcome, Row, Sink } from '../../src/core/sink.js'
import type { Span, Stage, StageResult, Tracer } from '../../src/core/tracer.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { virtualClock } from './virtual-clock.js'

export type Ports = Readonly<Record<string, readonly number[]>>

/** What is desired: ports of 10.0.0.1, by backend. */
export const wanting = (ports: Ports, more: Partial<Desired> = {}): Desired => ({
  revision: 1,
  backends: backendsOf(
    Object.entries(ports).map(([name, each]) =>
      backendOf(
        name,
        each.map((port) => ({ host: '10.0.0.1', port })),
      ),
    ),
  ),
  complete: true,
  awaited: [],
  unjudged: new Set(),
  readings: new Map([['cluster', 1]]),
  unresolved: PersistentMap.empty(),
  ...more,
})

/** A record that leads to ports of 10.0.0.1. */
export const rowOf = (key: string, ports: readonly number[], owner = 'us'): Row<Addresses> => ({
  key,
  value: ports.map((port) => `10.0.0.1:${port}`),
  owner,
  etag: `first ${key}`,
})

/** `Update web 80,81` */
const changeText = (change: Change<unknown>): string =>
  `${change._tag} ${change.key}${change._tag === 'Delete' ? '' : ` ${String(change.after).replaceAll('10.0.0.1:', '')}`}`

const reportText = (report: Report): string => {
  if (report._tag === 'Planned') {
    const { plan, revision, dry } = report
    const skipped = plan.skipped.map(({ change, why }) => `${changeText(change)} is ${why}`)
    return `planned${dry ? ' dry' : ''} for ${revision}: ${[...plan.changes.map(changeText), ...skipped].join('; ')}`
  }
  if (report._tag === 'Applied')
    return `applied ${changeText(report.change)}, of ${report.effect?.now ?? 'no'} endpoints`
  if (report._tag === 'Conflicted') return `conflicted ${report.key} with ${report.writer ?? 'nobody'}`
  if (report._tag === 'Rejected')
    return `rejected ${report.key} for the ${report.attempts}. time: ${report.reason}${report.givenUp ? ', given up' : ''}`
  if (report._tag === 'SinkFailed')
    return `failed to ${report.operation} ${report.key ?? 'all'}: ${report.error.message}, again in ${report.retryIn}`
  return report._tag === 'SinkWarned' ? `warned: ${report.warnings.join(', ')}` : report._tag
}

const resultText = ({ error, ...numbers }: StageResult): string =>
  [
    ...Object.entries(numbers).map(([name, one]) => `${name} ${String(one)}`),
    ...(error ? [error.message] : []),
  ].join(', ')

export interface LoneOptions extends Partial<Omit<ReconcileOptions, 'pruneGuard'>> {
  readonly pruneGuard?: PruneGuard | 'off'
  readonly rows?: readonly Row<Addresses>[]
  readonly sink?: Partial<Sink<Addresses>>
  /** Whether stages are written down, too. Default: false. */
  readonly traced?: boolean
  /** Whether the sink hears what is synced. Default: true. */
  readonly hears?: boolean
  /** Called when others get their turn. */
  readonly paused?: () => void
}

/** The time begins with 0. Of each random pause, half is taken. */
export const loneReconciler = ({
  rows = [],
  sink: otherwise,
  traced = false,
  hears = true,
  paused = () => undefined,
  ...options
}: LoneOptions = {}) => {
  const clock = virtualClock()
  const stopping = new AbortController()
  let lines: string[] = []
  let calls = 0
  /** Ends a reconciler that would never end, because no test lets one do so much. */
  const count = (): void => {
    if (++calls > 2000) throw new Error('it works without end')
  }
  const note = (line: string): void => {
    count()
    lines.push(line)
  }
  const inner = memory({ name: 'target' })
  for (const row of rows) inner.target.rows.set(row.key, row)
  /** What the next calls answer; then the target does. */
  const answers = {
    read: [] as ((signal: AbortSignal) => Promise<readonly Row<Addresses>[]>)[],
    apply: [] as ((changes: readonly Change<Addresses>[]) => Promise<readonly Outcome<Addresses>[]>)[],
  }
  const sink: Sink<Addresses> = {
    ...inner,
    read: (signal) => {
      note('read')
      return (answers.read.shift() ?? inner.read)(signal)
    },
    apply: (changes, owner, signal) => {
      note(`apply ${changes.map(changeText).join('; ')}`)
      return answers.apply.shift()?.(changes) ?? inner.apply(changes, owner, signal)
    },
    ...(hears && { synced: ({ revision }) => note(`synced ${revision}`) }),
    ...otherwise,
  }
  const tracer: Tracer = {
    start: (stage: Stage): Span => ({
      link: () => undefined,
      run: (work) => work(),
      end: (result = {}) => note(`${stage._tag} ended: ${resultText(result)}`),
    }),
  }
  const at = { desired: wanting({}) }
  const reconciler = new Reconciler(sink, {
    owner: 'us',
    pruneGuard: 'off',
    minWriteIntervalMs: 0,
    resyncMs: 60_000,
    timeoutMs: 1000,
    givesUpAfter: 3,
    clock: {
      now: () => clock.now(),
      sleep: (ms, signal) => {
        if (ms === 0) paused()
        return clock.sleep(ms, signal)
      },
    },
    random: () => 0.5,
    latest: () => {
      count()
      return Promise.resolve(at.desired)
    },
    report: (report) => note(reportText(report)),
    reached: ({ revision }, how) => note(`reached ${revision}: ${how}`),
    doubt: () => note('doubt'),
    ...(traced && { trace: () => new RoundTrace('target', tracer, () => []) }),
    signal: stopping.signal,
    ...options,
  })
  let ended = false
  let failure: unknown
  reconciler.rounds$.subscribe({
    error: (thrown) => {
      failure = thrown
    },
    complete: () => {
      ended = true
    },
  })
  onTestFinished(() => stopping.abort())

  /** What was done since the last call, while time passes. */
  const during = async (ms: number): Promise<readonly string[]> => {
    await clock.advance(ms)
    const done = lines
    lines = []
    return done
  }
  return {
    clock,
    stopping,
    inner,
    answers,
    reconciler,
    note,
    during,
    /** Desires something else, and asks for no round. */
    want: (desired: Desired) => void (at.desired = desired),
    /** What a round does that is asked for now. */
    round: (desired = at.desired, ms = 0) => {
      at.desired = desired
      reconciler.ask()
      return during(ms)
    },
    get ended() {
      return ended
    },
    get failure() {
      return failure
    },
    /** How many changes are reported as made, since `during`. */
    written: () => lines.filter((line) => line.startsWith('applied')).length,
    held: () =>
      Object.fromEntries(
        [...inner.target.rows].map(([key, { value }]) => [
          key,
          value.map((each) => Number(each.replace('10.0.0.1:', ''))),
        ]),
      ),
  }
}
