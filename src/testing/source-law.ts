import * as fc from 'fast-check'
import { BehaviorSubject, type Subscription } from 'rxjs'
import { expect, vi } from 'vitest'
import { type ClusterState, emptyState } from '../core/cluster-state.js'
import type { ClusterEvent } from '../core/event.js'
import type { Delivery, Notice, Source } from '../core/source.js'
import { contractTask } from './contract-tasks.js'
import { sourceContext } from './source-context.js'
import type { SourceBackend, SourceCapability, SourceTrial } from './source-harness.js'

/** A law for every source, as a property of random cases. */
export interface SourceLaw {
  readonly sentence: string
  readonly needs: readonly SourceCapability[]
  /** Holds instead of a stronger law where the backend lacks this. Default: the law holds everywhere. */
  readonly without: SourceCapability | undefined
  /** Rejects with the smallest counter-example found. */
  readonly check: (trial: SourceTrial) => Promise<void>
}

export const keyOf = (event: ClusterEvent): string =>
  event._tag === 'TaskChanged' ? event.task.arn : JSON.stringify(event)

/** False for what a source says about itself: how far it has read a log. */
export const isPublished = ({ _tag }: ClusterEvent): boolean => _tag !== 'LogRead'

/** Running tasks, numbered from `from`. */
export const tasks = (count: number, from = 0): readonly ClusterEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    _tag: 'TaskChanged',
    task: {
      ...contractTask(String(from + i).padStart(32, '0')),
      containers: [
        {
          name: 'app',
          version: 3,
          lastStatus: 'RUNNING',
          arn: undefined,
          runtimeId: undefined,
          bindingsVersion: -1,
          bindings: [],
        },
      ],
    },
  }))

/** A subscriber that records everything. */
export class Subscriber {
  /** Keys of events, once per delivery. */
  readonly seen: string[] = []
  readonly deliveries: Delivery[] = []
  readonly notices: Notice[] = []
  completed = false
  readonly errors: unknown[] = []
  private readonly state$ = new BehaviorSubject<ClusterState>(emptyState)
  private readonly subscription: Subscription

  constructor(source: Source, onDelivery: (delivery: Delivery, index: number) => void = () => undefined) {
    this.subscription = source.deliveries(sourceContext(this.state$)).subscribe({
      next: (output) => {
        if (output._tag !== 'Delivery') {
          this.notices.push(output)
          return
        }
        this.seen.push(...output.events.filter(isPublished).map(keyOf))
        this.deliveries.push(output)
        onDelivery(output, this.deliveries.length - 1)
      },
      complete: () => (this.completed = true),
      error: (error) => this.errors.push(error),
    })
  }

  sawAll(events: readonly ClusterEvent[]): boolean {
    const seen = new Set(this.seen)
    return events.every((event) => seen.has(keyOf(event)))
  }

  times(event: ClusterEvent | undefined): number {
    return this.seen.filter((key) => event !== undefined && key === keyOf(event)).length
  }

  stop(): void {
    this.state$.complete()
  }

  unsubscribe(): void {
    this.subscription.unsubscribe()
  }
}

/** One case of a law, with a backend of its own. */
export interface SourceCase {
  readonly backend: SourceBackend
  readonly subscribe: (onDelivery?: (delivery: Delivery, index: number) => void) => Subscriber
  /** Waits until the condition holds. */
  readonly until: (what: string, holds: () => boolean | Promise<boolean>) => Promise<void>
  /** Waits until this many messages are unacknowledged. */
  readonly settled: (left: number) => Promise<void>
}

type Body<A> = (tried: SourceCase, generated: A) => Promise<void>

/** Runs a case, and checks that no subscription failed. */
const runCase = async <A>({ make, patienceMs }: SourceTrial, body: Body<A>, generated: A): Promise<void> => {
  const backend = await make()
  const subscribers: Subscriber[] = []
  const until: SourceCase['until'] = (what, holds) =>
    vi.waitFor(
      async () => {
        if (!(await holds())) throw new Error(`never came true: ${what}`)
      },
      { timeout: patienceMs, interval: 5 },
    )
  try {
    const subscribe: SourceCase['subscribe'] = (onDelivery) => {
      const subscriber = new Subscriber(backend.source, onDelivery)
      subscribers.push(subscriber)
      return subscriber
    }
    const settled: SourceCase['settled'] = (left) =>
      until(`${left} unacknowledged`, async () => (await backend.unacknowledged()) === left)
    await body({ backend, subscribe, until, settled }, generated)
    expect(subscribers.flatMap(({ errors }) => errors)).toEqual([])
  } finally {
    for (const subscriber of subscribers) subscriber.unsubscribe()
    await backend.dispose()
  }
}

export interface LawConditions {
  readonly needs?: readonly SourceCapability[]
  readonly without?: SourceCapability
}

/** A law about random cases. */
export const law = <A>(
  sentence: string,
  { needs = [], without }: LawConditions,
  arbitrary: fc.Arbitrary<A>,
  body: Body<A>,
): SourceLaw => ({
  sentence,
  needs,
  without,
  check: (trial) =>
    fc.assert(
      fc.asyncProperty(arbitrary, (generated) => runCase(trial, body, generated)),
      { numRuns: trial.runs },
    ),
})

/** A law about one case. */
export const lawOfOne = (
  sentence: string,
  conditions: LawConditions,
  body: (tried: SourceCase) => Promise<void>,
): SourceLaw => {
  const { check, ...rest } = law(sentence, conditions, fc.constant(undefined), body)
  return { ...rest, check: (trial) => check({ ...trial, runs: 1 }) }
}
