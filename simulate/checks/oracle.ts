import type { Millis } from '../../src/core/clock.js'
import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { JournalEntry } from '../../src/core/journal.js'
import type { Report } from '../../src/core/report.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WireAnswer, WireRequest } from '../network/wire.js'
import type { TableWrite } from '../servers/dynamodb.js'
import type { SimulatedTarget } from '../targets/simulated-target.js'
import { addressesOf, type TargetWrite, type WorkerWrite } from '../targets/target-record.js'
import type { Happening } from '../world/ecs-world.js'
import type { Scenario } from '../world/scenario.js'
import { AcknowledgementCheck } from './acknowledgement-check.js'
import { Bounds, type BoundsOptions } from './bounds.js'
import { Knowledge } from './knowledge.js'
import { PlannedWrites } from './planned-writes.js'
import { Presence } from './presence.js'
import { runningIn } from './running-in.js'
import { ShareCheck } from './share-check.js'
import { TargetCheck, writeMs } from './target-check.js'
import { Truth } from './truth.js'
import { UnseenAcknowledgements } from './unseen-acknowledgements.js'
import { Violation } from './violation.js'

export interface OracleOptions {
  readonly scenario: Scenario
  readonly now: () => Millis
  readonly owner: string
  readonly services: readonly string[]
  readonly hosts: BoundsOptions['hosts']
  readonly target: SimulatedTarget
  /** What the messages of an answer of ReceiveMessage are about. */
  readonly contents: (answer: string) => readonly Happening[]
}

/** What the stranger puts into records of ours. */
const isByHand = (address: string): boolean => /^192\.0\.2\.|by-hand/.test(address)

/** Knows what is so, and what each process was told; says whether what workers do may be. Throws violations. */
export class Oracle {
  readonly #truth: Truth
  readonly #knowledge: Knowledge
  readonly #presence: Presence
  readonly #target: TargetCheck
  readonly #shares: ShareCheck
  /** `undefined`: nobody else writes, so that nothing can be lost by a write. */
  readonly #planned: PlannedWrites | undefined
  readonly #acknowledgements: AcknowledgementCheck
  /** Acknowledgements that no reader has had the time to see. */
  readonly #unseen = new UnseenAcknowledgements()
  readonly bounds: Bounds

  constructor(private readonly options: OracleOptions) {
    const { scenario, now, owner, services, hosts, target } = options
    const { hasJournal, ack, resyncMs } = scenario
    this.#truth = new Truth(now)
    if (target._tag === 'Written') this.#planned = new PlannedWrites(target)
    this.#knowledge = new Knowledge(now)
    this.#presence = new Presence(now)
    this.#shares = new ShareCheck(now, scenario.deployments === 'follow')
    const shared = {
      truth: this.#truth,
      knowledge: this.#knowledge,
      presence: this.#presence,
      shares: this.#shares,
      now,
    }
    this.#target = new TargetCheck({
      ...shared,
      startOf: ({ startedAt }) => (hasJournal ? undefined : startedAt),
      owner,
      services: new Set(services),
    })
    this.#acknowledgements = new AcknowledgementCheck({
      ...shared,
      // A worker knows what it serves itself.
      viewMs: target._tag === 'Written' ? 1.1 * resyncMs + writeMs : 0,
      wasOccupied: (service, since) => target._tag === 'Written' && target.stranger.occupied(service, since),
      promise: hasJournal ? 'journal' : ack === 'applied' ? 'target' : 'covered',
    })
    this.bounds = new Bounds({ now, hosts })
  }

  /** Where the tasks of a service are, sorted. */
  addresses(service: string): readonly string[] {
    return this.#truth.addresses(service)
  }

  /** How many tasks can be reached. */
  get size(): number {
    return this.#truth.size
  }

  happened(what: Happening): void {
    this.#truth.happened(what)
    this.#shares.happened(what)
    this.#acknowledgements.happened(what)
  }

  /** A deployment may have changed. */
  moved(cluster: SimulatedCluster): void {
    this.#shares.moved(cluster)
  }

  reported(process: SimulatedProcess, report: Report): void {
    if (report._tag !== 'Planned' || report.plan.changes.length === 0) return
    process.plannedAt = this.options.now()
    process.knewLess = report.plan.skipped.some(({ why }) => why === 'incomplete')
    this.#planned?.planned(process.name, report.plan)
  }

  ended({ name }: SimulatedProcess): void {
    this.#knowledge.forget(name)
    this.#planned?.forget(name)
    this.#unseen.forget(name)
  }

  /** Somebody else has written to the target. */
  noted(write: TargetWrite): void {
    this.#target.note(write)
  }

  /** A worker has written to the target. */
  wrote(write: WorkerWrite): void {
    this.#planned?.wrote(write)
    this.#target.wrote(write)
    this.#shares.wrote(write.by, write.after)
  }

  /** A worker has written to the journal. */
  journalled({ after }: TableWrite): void {
    if (after !== undefined) this.#acknowledgements.journalled(after)
  }

  /** A journal has told a worker that it holds these. */
  stored(entries: readonly JournalEntry[]): void {
    this.#acknowledgements.stored(entries)
  }

  /** A worker has deleted a message. */
  deleted(what: Happening, by: SimulatedProcess): void {
    const { target, scenario } = this.options
    // What a journal holds is there at once.
    if (target._tag === 'Written' || scenario.hasJournal) this.#acknowledgements.deleted(what, by)
    else this.#unseen.add(by.name, this.options.now(), () => this.#acknowledgements.deleted(what, by))
  }

  /** A reader holds what a worker has answered at that time. */
  shown({ name }: SimulatedProcess, answeredAt: Millis): void {
    this.#unseen.show(name, answeredAt)
  }

  /** A webhook was given an event. */
  given(what: Happening, to: SimulatedProcess): void {
    this.#acknowledgements.given(what, to)
  }

  /** A webhook has answered that it has an event. */
  accepted(what: Happening, by: SimulatedProcess): void {
    if (what.task?.address !== undefined) this.#told(by, what.task.arn)
    this.deleted(what, by)
  }

  /** Notes what an answer tells about tasks that run. */
  answered(process: SimulatedProcess, { operation }: WireRequest, { status, body }: WireAnswer): void {
    if (status !== 200) return
    if (operation === 'ReceiveMessage')
      for (const what of this.options.contents(body)) {
        this.#acknowledgements.given(what, process)
        const { task } = what
        if (task?.address !== undefined) this.#told(process, task.arn)
      }
    else if (operation === 'DescribeTasks') for (const arn of runningIn(body)) this.#told(process, arn)
  }

  /** All that must be so in the target when nothing has gone wrong for long enough. */
  checkExact(): void {
    const { services, target, scenario } = this.options
    const { hasSnapshots } = scenario
    const records = new Map([...target.records()].map((record) => [record.backend, record]))
    for (const name of services) {
      const record = records.get(name)
      // Without snapshots nobody takes away what no event explains.
      const isExplained = (address: string): boolean => hasSnapshots || !isByHand(address)
      const held = addressesOf(record).filter(isExplained).sort().join()
      const live = this.#served(name).join()
      if (held !== live)
        throw new Violation('calm makes exact', `${name} has [${held}], and its tasks are at [${live}]`)
      if (record !== undefined) this.#shares.checkExact(record)
    }
    const [damaged] = target._tag === 'Written' ? target.stranger.damaged() : []
    if (damaged !== undefined)
      throw new Violation('nothing of others is touched', `${damaged} is not as its owner left it`)
  }

  /** Where the tasks are that are to get requests; if none is, the others. */
  #served(service: string): readonly string[] {
    const tasks = this.#truth.tasks(service)
    const served = tasks.filter(({ startedBy }) => this.#shares.isServed(service, startedBy))
    return (served.length > 0 ? served : tasks).map(({ address }) => address).sort()
  }

  /** With a journal, a worker knows only what the journal holds. */
  #told(process: SimulatedProcess, task: string): void {
    if (!this.options.scenario.hasJournal && this.#truth.task(task) !== undefined)
      this.#knowledge.told(process.name, task)
  }
}
