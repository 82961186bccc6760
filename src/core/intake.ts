import type { Acknowledgements } from './acknowledgements.js'
import type { Clock, Millis } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import type { Desired } from './desired.js'
import type { ClusterEvent } from './event.js'
import type { Follows } from './followed.js'
import { followedEvents } from './followed-events.js'
import type { FoldedState } from './folded-state.js'
import { Namesakes } from './namesakes.js'
import type { Report } from './report.js'
import type { Delivery, Source } from './source.js'

export interface IntakeOptions {
  /** The followed clusters, as in `RunSetup`; used for warnings. */
  readonly clusters: readonly string[]
  /** Names and patterns that a source promises to identify. */
  readonly identified: ReadonlySet<string>
  readonly follows: Follows
  readonly folded: FoldedState
  readonly acknowledgements: Acknowledgements
  readonly clock: Clock
  readonly report: (report: Report) => void
  /** Called after each delivery that was folded. */
  readonly onFolded: () => void
}

interface Arrival {
  readonly source: Source
  readonly delivery: Delivery
}

/** How often to forget tasks in workers without snapshots. */
const sweepMs: Millis = 3_600_000

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
 * Takes the deliveries of all sources: picks the events of followed clusters, folds them, and enters the delivery for
 * acknowledgement. Decides when to forget.
 */
export class Intake {
  /** Deliveries that arrived while another one was being taken, such as from a source that delivers inside `ack`. */
  private readonly arrived: Arrival[] = []
  private taking = false
  /** Deliveries that wait until it is known whether their clusters are followed. */
  private unidentified: Arrival[] = []
  private readonly namesakes = new Namesakes()
  private sweepDue = false
  private closed = false

  constructor(private readonly options: IntakeOptions) {}

  /**
   * Takes one delivery after another, in the order of arrival. If one were taken within another, the outer one would
   * overwrite the state of the inner one.
   */
  take(source: Source, delivery: Delivery): void {
    this.arrived.push({ source, delivery })
    if (this.taking) return
    this.taking = true
    try {
      for (let next = this.arrived.shift(); next !== undefined; next = this.arrived.shift())
        this.receive(next)
    } finally {
      this.taking = false
    }
    this.options.folded.publish()
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

  /** Nacks everything that is unsettled. */
  abandon(): void {
    const unidentified = this.unidentified
    this.unidentified = []
    for (const { delivery } of unidentified)
      delivery.nack(new Error('the worker stopped before the cluster of this event was identified'))
    this.options.acknowledgements.abandon()
  }

  private receive({ source, delivery }: Arrival): void {
    const { clusters, follows, folded } = this.options
    if (this.closed) {
      delivery.nack(new Error('the worker is stopping'))
      return
    }
    const before = folded.current
    const found = followedEvents(source, delivery.events, before, follows)
    if (found._tag === 'Unknown') {
      this.unidentified.push({ source, delivery })
      if (found.state === before) return
      folded.set(found.state)
      this.afterIdentities()
      return
    }
    for (const cluster of found.elsewhere) this.warn(source, this.namesakes.met(cluster, clusters, before))
    this.fold(source, delivery, found.events, found.elsewhere.length)
  }

  private fold(source: Source, delivery: Delivery, events: readonly ClusterEvent[], elsewhere: number): void {
    const { folded, acknowledgements, report, onFolded } = this.options
    const before = folded.current
    const { state, crowded } = folded.fold(events)
    for (const cluster of crowded) this.warn(source, this.namesakes.crowded(cluster))
    const newest = newestOf(events)
    report({
      _tag: 'Folded',
      source: source.name,
      revision: acknowledgements.enter(delivery, events, newest),
      events: events.length,
      elsewhere,
      newest,
      changed: state !== before,
    })
    acknowledgements.reportEntered()
    folded.set(state)
    if (this.decidesNames(events, before, state)) this.afterIdentities()
    if (events.some(({ _tag }) => _tag === 'TasksListed')) this.afterSnapshot()
    onFolded()
  }

  private decidesNames(events: readonly ClusterEvent[], before: ClusterState, after: ClusterState): boolean {
    return (
      after.identities !== before.identities ||
      events.some((event) => refusesName(event, this.options.identified))
    )
  }

  /** Folds deliveries that waited, and forgets tasks of other clusters. */
  private afterIdentities(): void {
    const waiting = this.unidentified
    this.unidentified = []
    for (const arrival of waiting) this.receive(arrival)
    this.options.folded.forgetUnfollowed()
  }

  private afterSnapshot(): void {
    this.options.folded.recount()
    // A sink that is down for a whole interval must not prevent forgetting, because snapshots do not wait for it.
    if (this.sweepDue) this.forget(false)
    this.sweepDue = true
  }

  private forgetIfQuiet(): void {
    if (this.options.acknowledgements.quiet) this.forget(true)
  }

  /** `settled`: whether every required sink has reached the current state. */
  private forget(settled: boolean): void {
    const { folded, clock, report } = this.options
    this.sweepDue = !settled
    const swept = folded.forget(clock.now(), settled)
    if (!this.taking) folded.publish()
    report({ _tag: 'Swept', ...swept })
  }

  private warn({ name }: Source, message: string | undefined): void {
    if (message !== undefined)
      this.options.report({ _tag: 'Noticed', source: name, notice: { _tag: 'Warning', message } })
  }
}
