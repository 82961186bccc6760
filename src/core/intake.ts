import type { Acknowledgements } from './acknowledgements.js'
import type { Clock, Millis } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import type { Desired, Revision } from './desired.js'
import type { ClusterEvent } from './event.js'
import type { Follows } from './followed.js'
import { foldAll } from './fold.js'
import { followedEvents, isAboutName, withIdentities } from './followed-events.js'
import type { FoldedState } from './folded-state.js'
import type { JournalEntry, JournalEvent } from './journal.js'
import { Namesakes } from './namesakes.js'
import type { Report } from './report.js'
import { atOnce, inSlices, type Sliced, sliceSize } from './sliced.js'
import type { Delivery, Source } from './source.js'
import type { Span } from './tracer.js'
import type { Traces } from './traces.js'

export interface IntakeOptions {
  /** The followed clusters, as in `RunSetup`; used for warnings. */
  readonly clusters: readonly string[]
  /** Names and patterns that a source promises to identify. */
  readonly identified: ReadonlySet<string>
  readonly follows: Follows
  readonly folded: FoldedState
  readonly acknowledgements: Acknowledgements
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly report: (report: Report) => void
  /** Default: deliveries are not traced. */
  readonly traces?: Traces | undefined
  /** Called with the events of each delivery, when they have been folded. */
  readonly onHeard: (heard: Folded) => void
  /** Called after each delivery that was folded, and after entries of a journal that say something new. */
  readonly onFolded: () => void
  /**
   * Stores what the state does not know before it is folded, and calls `stored` then. Default: everything is folded at
   * once.
   */
  readonly store?: (heard: Heard) => void
}

/** A delivery of followed clusters. */
export interface Heard {
  readonly source: Source
  readonly delivery: Delivery
  readonly events: readonly ClusterEvent[]
  /** Number of events of other clusters. */
  readonly elsewhere: number
  /** Folded before it is stored. Its events are news for the journal, although the state knows them. */
  readonly isFolded?: boolean
}

type Arrival =
  | {
      readonly _tag: 'Delivered'
      readonly source: Source
      readonly delivery: Delivery
      /** Whether a source answers a state that nobody else has seen yet. */
      readonly isAnswer: boolean
    }
  /** A delivery whose events are in the journal, as these entries say. */
  | { readonly _tag: 'Stored'; readonly heard: Heard; readonly events: readonly JournalEvent[] }
  /** Entries that were read from the journal. */
  | { readonly _tag: 'Read'; readonly entries: readonly JournalEntry[] }
  /** A snapshot was folded: the tasks of each cluster are counted again. */
  | { readonly _tag: 'Recount' }
  /** It is time to forget. `settled`: only if every required sink has reached the current state. */
  | { readonly _tag: 'Sweep'; readonly settled: boolean }

interface Folding {
  /** What the delivery said: nothing if it came from the journal, because then nobody waits for its lookups. */
  readonly heard: readonly JournalEvent[]
  /** What was new. */
  readonly events: readonly JournalEvent[]
  readonly elsewhere: number
  readonly state: ClusterState
  /** The span of the fold. */
  readonly span: Span | undefined
}

/** What a delivery of a source has made of the state. */
export interface Folded {
  readonly revision: Revision
  readonly events: readonly JournalEvent[]
  readonly before: ClusterState
  readonly after: ClusterState
}

/** Stands for what no source waits for: entries of a journal, and parts of a delivery that are stored before the rest. */
const needsNoAnswer: Delivery = {
  _tag: 'Delivery',
  events: [],
  ack: () => undefined,
  nack: () => undefined,
}

/** How often to forget tasks in workers without snapshots. */
const sweepMs: Millis = 3_600_000

/** Ignores refusals of instances and definitions, of which there may be many. */
const refusesName = (event: JournalEvent, names: ReadonlySet<string>): boolean =>
  event._tag === 'LookupRefused' && names.has(event.key)

/** Whether names stand for other clusters. Each snapshot says again what they stand for. */
const sayOther = (before: ClusterState['identities'], after: ClusterState['identities']): boolean => {
  let differs = false
  after.diff(before, (_, was, is) => {
    differs ||= was?.clusters.join(' ') !== is?.clusters.join(' ')
  })
  return differs
}

const newestOf = (events: readonly JournalEvent[]): Millis | undefined => {
  let newest: Millis | undefined
  for (const event of events)
    if (event._tag === 'TaskChanged' && (newest === undefined || event.task.at > newest))
      newest = event.task.at
  return newest
}

/**
 * Takes the deliveries of all sources: picks the events of followed clusters, folds them, and enters the delivery for
 * acknowledgement. Decides when to forget.
 */
export class Intake {
  /** Deliveries that arrived while another one was being taken, such as from a source that delivers inside `ack`. */
  private arrived: Arrival[] = []
  private taking = false
  /** The arrival that is being taken in slices. */
  private slow: Promise<void> | undefined
  /** Deliveries that wait until it is known whether their clusters are followed. */
  private unidentified: Arrival[] = []
  private readonly namesakes = new Namesakes()
  private sweepDue = false
  /** Since tasks were counted last. */
  private snapshots = 0
  private closed = false

  constructor(private readonly options: IntakeOptions) {}

  take(source: Source, delivery: Delivery): void {
    const traced = this.options.traces?.received(source.name, delivery) ?? delivery
    this.arrive({ _tag: 'Delivered', source, delivery: traced, isAnswer: this.options.folded.isFeeding })
  }

  /** Called when the journal holds what `heard` says that the state does not know. */
  stored(heard: Heard, events: readonly JournalEvent[]): void {
    this.arrive({ _tag: 'Stored', heard, events })
  }

  /** Called with entries that were read from the journal. */
  read(entries: readonly JournalEntry[]): void {
    if (entries.length > 0) this.arrive({ _tag: 'Read', entries })
  }

  /** Whether entries of the journal wait until it is known whether their clusters are followed. */
  get isIncomplete(): boolean {
    return this.unidentified.some(({ _tag }) => _tag === 'Read')
  }

  /** Called when a sink holds `desired`; `exact`: all of it. */
  settle(sink: string, desired: Desired, exact: boolean): void {
    this.options.acknowledgements.settle(sink, desired, exact)
    if (this.sweepDue) this.forgetIfQuiet()
  }

  /** Forgets at intervals until `signal` aborts, for workers without snapshots. */
  async keepForgetting(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.options.clock.sleep(sweepMs, signal)
      if (signal.aborted) return
      this.sweepDue = true
      this.forgetIfQuiet()
    }
  }

  /** Tells the sources to stop. Deliveries that arrive later are nacked. */
  close(): void {
    this.options.folded.endFeed()
    this.closed = true
  }

  /** Nacks everything that is unsettled. Returns the sources of what was not folded. */
  abandon(): readonly Source[] {
    const unidentified = this.unidentified.flatMap((arrival) =>
      arrival._tag === 'Delivered' ? [arrival] : [],
    )
    this.unidentified = []
    for (const { delivery } of unidentified)
      delivery.nack(new Error('the worker stopped before the cluster of this event was identified'))
    this.options.acknowledgements.abandon()
    return unidentified.map(({ source }) => source)
  }

  /** Resolves when all that has arrived is folded. */
  async idle(): Promise<void> {
    while (this.slow !== undefined) await this.slow
  }

  private arrive(arrival: Arrival): void {
    this.arrived.push(arrival)
    this.takeNext()
  }

  /**
   * Takes one arrival after another, in their order. If one were taken within another, the outer one would overwrite
   * the state of the inner one. One that takes long is taken in slices, and the others wait for it; nobody sees a state
   * in which a part of it is folded.
   */
  private takeNext(): void {
    if (this.taking) return
    this.taking = true
    try {
      for (let next = this.arrived.shift(); next !== undefined; next = this.arrived.shift()) {
        const slow = this.receive(next)
        if (slow === undefined) continue
        this.slow = slow.then(
          () => this.goOn(),
          (thrown: unknown) => {
            this.goOn()
            // Nobody awaits it: it is as unhandled as what a single slice throws.
            queueMicrotask(() => {
              throw thrown instanceof Error ? thrown : new Error(String(thrown))
            })
          },
        )
        break
      }
    } finally {
      // An event that cannot be folded must not keep those after it from being folded.
      this.taking = this.slow !== undefined
    }
    this.options.folded.publish()
  }

  private goOn(): void {
    this.slow = undefined
    this.taking = false
    this.takeNext()
  }

  private readonly pause = (): Promise<void> => this.options.clock.sleep(0, this.options.signal)

  /** Returns a promise if it takes more than a slice. */
  private receive(arrival: Arrival): Promise<void> | undefined {
    switch (arrival._tag) {
      case 'Delivered':
        return this.receiveDelivery(arrival)
      case 'Stored':
        return this.fold(arrival.heard, arrival.events)
      case 'Read':
        return this.receiveEntries(arrival.entries)
      case 'Recount':
        return inSlices(this.options.folded.recount(), this.pause, () => undefined)
      case 'Sweep':
        return this.forget(arrival.settled)
    }
  }

  private receiveDelivery(
    arrival: Extract<Arrival, { readonly _tag: 'Delivered' }>,
  ): Promise<void> | undefined {
    const { clusters, follows, folded, store } = this.options
    const { source, delivery } = arrival
    const delivered = this.withoutEarlyPositions(source, delivery.events)
    if (this.closed) {
      delivery.nack(new Error('the worker is stopping'))
      return undefined
    }
    const before = folded.current
    const found = followedEvents(withIdentities(source, delivered, before), before, follows)
    if (found._tag === 'Unknown') {
      this.unidentified.push(arrival)
      if (found.state === before) return undefined
      if (store === undefined) {
        folded.set(found.state)
        this.afterIdentities()
      } else
        store({ source, delivery: needsNoAnswer, events: delivery.events.filter(isAboutName), elsewhere: 0 })
      return undefined
    }
    for (const cluster of found.elsewhere) this.warn(source, this.namesakes.met(cluster, clusters, before))
    const { events, crowded } = folded.admit(found.events)
    for (const cluster of crowded) this.warn(source, this.namesakes.crowded(cluster))
    const heard: Heard = { source, delivery, events, elsewhere: found.elsewhere.length }
    if (store === undefined) return this.fold(heard, events)
    store({ ...heard, isFolded: arrival.isAnswer && this.foldBeforeStoring(events) })
    return undefined
  }

  /**
   * Folds at once how a service deploys. A source that answers a state with it may hold back new tasks of that state, and
   * nobody may see them without: a plan that is made while the journal stores it would give them requests. Returns
   * whether it said anything new.
   */
  private foldBeforeStoring(events: readonly ClusterEvent[]): boolean {
    const { folded } = this.options
    if (!events.every(({ _tag }) => _tag === 'DeploymentDescribed')) return false
    const state = atOnce(foldAll(folded.current, events))
    if (state === folded.current) return false
    folded.set(state)
    return true
  }

  /**
   * While a delivery of the source waits, the positions of later ones would say that it was stored. Without them, the
   * next process reads some events again.
   */
  private withoutEarlyPositions(source: Source, events: readonly ClusterEvent[]): readonly ClusterEvent[] {
    const waits = this.unidentified.some((each) => each._tag === 'Delivered' && each.source === source)
    return waits ? events.filter(({ _tag }) => _tag !== 'LogRead') : events
  }

  private receiveEntries(entries: readonly JournalEntry[]): Promise<void> | undefined {
    const { folded } = this.options
    const count = entries.reduce((sum, { events }) => sum + events.length, 0)
    const { span, work } = this.traced('journal', needsNoAnswer, count, this.foldEntries(entries))
    return inSlices(work, this.pause, ({ events, state, waiting }) => {
      if (waiting.length > 0) this.unidentified.push({ _tag: 'Read', entries: waiting })
      if (state === folded.current) span?.end()
      else this.advance('journal', needsNoAnswer, { heard: [], events, elsewhere: 0, state, span })
    })
  }

  private *foldEntries(entries: readonly JournalEntry[]): Sliced<{
    readonly events: readonly JournalEvent[]
    readonly state: ClusterState
    readonly waiting: readonly JournalEntry[]
  }> {
    const { follows, folded } = this.options
    const waiting: JournalEntry[] = []
    const events: JournalEvent[] = []
    let state = folded.current
    for (const [i, entry] of entries.entries()) {
      if (i > 0 && i % sliceSize === 0) yield
      const found = followedEvents(entry.events, state, follows)
      if (found._tag === 'Unknown') {
        waiting.push(entry)
        state = found.state
      } else {
        for (const event of found.events) events.push(event)
        state = yield* foldAll(state, found.events)
      }
    }
    return { events, state, waiting }
  }

  private fold(
    { source, delivery, events: heard, elsewhere }: Heard,
    events: readonly JournalEvent[],
  ): Promise<void> | undefined {
    const folding = foldAll(this.options.folded.current, events)
    const { span, work } = this.traced(source.name, delivery, heard.length, folding)
    return inSlices(work, this.pause, (state) =>
      this.advance(source.name, delivery, { heard, events, elsewhere, state, span }),
    )
  }

  private traced<A>(
    source: string,
    delivery: Delivery,
    events: number,
    work: Sliced<A>,
  ): { readonly span: Span | undefined; readonly work: Sliced<A> } {
    return this.options.traces?.fold({ source, delivery, events }, work) ?? { span: undefined, work }
  }

  /** Makes `state` the current one, in which `events` are folded, and gives it a revision. */
  private advance(
    source: string,
    delivery: Delivery,
    { heard, events, elsewhere, state, span }: Folding,
  ): void {
    const { folded, acknowledgements, report, traces, onHeard, onFolded } = this.options
    const before = folded.current
    const newest = newestOf(heard.length > 0 ? heard : events)
    const revision = acknowledgements.enter(delivery, heard, newest)
    report({
      _tag: 'Folded',
      source,
      revision,
      events: heard.length > 0 ? heard.length : events.length,
      elsewhere,
      newest,
      changed: state !== before,
    })
    acknowledgements.reportEntered()
    if (span !== undefined) traces?.advanced(span, delivery, revision, state !== before)
    folded.set(state)
    onHeard({ revision, events: heard, before, after: state })
    this.afterFold(events, before, state)
    onFolded()
  }

  private afterFold(events: readonly JournalEvent[], before: ClusterState, state: ClusterState): void {
    if (this.decidesNames(events, before, state)) this.afterIdentities()
    const snapshots = events.filter(({ _tag }) => _tag === 'TasksListed' || _tag === 'TasksRelisted')
    if (snapshots.length > 0) this.afterSnapshots(snapshots.length)
  }

  private decidesNames(events: readonly JournalEvent[], before: ClusterState, after: ClusterState): boolean {
    return (
      sayOther(before.identities, after.identities) ||
      events.some((event) => refusesName(event, this.options.identified))
    )
  }

  /** Has deliveries taken that waited, and forgets tasks of other clusters. */
  private afterIdentities(): void {
    this.arrived = [...this.unidentified, ...this.arrived]
    this.unidentified = []
    this.options.folded.forgetUnfollowed()
  }

  private afterSnapshots(count: number): void {
    this.snapshots += count
    // What follows passes over all tasks of all clusters: once for as many snapshots as there are clusters.
    if (this.snapshots < this.options.folded.current.marks.size) return
    this.snapshots = 0
    // A sink that is down for a whole interval must not prevent forgetting, because snapshots do not wait for it.
    this.arrived.push(
      { _tag: 'Recount' },
      ...(this.sweepDue ? [{ _tag: 'Sweep', settled: false } as const] : []),
    )
    this.sweepDue = true
  }

  private forgetIfQuiet(): void {
    if (this.options.acknowledgements.quiet) this.arrive({ _tag: 'Sweep', settled: true })
  }

  private forget(settled: boolean): Promise<void> | undefined {
    const { folded, clock, report, acknowledgements } = this.options
    if (settled && !acknowledgements.quiet) return undefined
    if (settled) this.sweepDue = false
    return inSlices(folded.forget(clock.now(), settled), this.pause, (swept) =>
      report({ _tag: 'Swept', ...swept }),
    )
  }

  private warn({ name }: Source, message: string | undefined): void {
    if (message !== undefined)
      this.options.report({ _tag: 'Noticed', source: name, notice: { _tag: 'Warning', message } })
  }
}
