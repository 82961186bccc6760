import type { Millis } from '../../src/core/clock.js'
import type { JournalEntry } from '../../src/core/journal.js'
import type { Report } from '../../src/core/report.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WireAnswer, WireRequest } from '../network/wire.js'
import type { TableWrite } from '../servers/dynamodb.js'
import type { Table } from '../servers/table.js'
import type { Happening } from '../world/ecs-world.js'
import { hasJournal, type Scenario } from '../world/scenario.js'
import type { Stranger } from '../world/stranger.js'
import { AcknowledgementCheck } from './acknowledgement-check.js'
import { Bounds, type BoundsOptions } from './bounds.js'
import { Knowledge } from './knowledge.js'
import { PlannedWrites } from './planned-writes.js'
import { Presence } from './presence.js'
import { runningIn } from './running-in.js'
import { addressesOf, backendOf, TargetCheck, writeMs } from './target-check.js'
import { Truth } from './truth.js'
import { Violation } from './violation.js'

export interface OracleOptions {
  readonly scenario: Scenario
  readonly now: () => Millis
  readonly owner: string
  readonly services: readonly string[]
  readonly hosts: BoundsOptions['hosts']
  readonly stranger: Pick<Stranger, 'occupies' | 'damaged'>
  /** What the messages of an answer of ReceiveMessage are about. */
  readonly contents: (answer: string) => readonly Happening[]
}

/** Knows what is so, and what each process was told; says whether what workers do may be. Throws violations. */
export class Oracle {
  readonly #truth: Truth
  readonly #knowledge: Knowledge
  readonly #presence: Presence
  readonly #target: TargetCheck
  readonly #planned = new PlannedWrites()
  readonly #acknowledgements: AcknowledgementCheck
  readonly bounds: Bounds

  constructor(private readonly options: OracleOptions) {
    const { scenario, now, owner, services, hosts, stranger } = options
    const { arrangement, ack, resyncMs } = scenario
    this.#truth = new Truth(now)
    this.#knowledge = new Knowledge(now)
    this.#presence = new Presence(now)
    const shared = { truth: this.#truth, knowledge: this.#knowledge, presence: this.#presence, now }
    this.#target = new TargetCheck({
      ...shared,
      startOf: ({ startedAt }) => (hasJournal(arrangement) ? undefined : startedAt),
      owner,
      services: new Set(services),
    })
    this.#acknowledgements = new AcknowledgementCheck({
      ...shared,
      viewMs: 1.1 * resyncMs + writeMs,
      isOccupied: (service) => stranger.occupies(service),
      promise: hasJournal(arrangement) ? 'journal' : ack === 'applied' ? 'target' : 'covered',
    })
    this.bounds = new Bounds({ now, hosts })
  }

  /** How many tasks can be reached. */
  get size(): number {
    return this.#truth.size
  }

  happened(what: Happening): void {
    this.#truth.happened(what)
    this.#acknowledgements.happened(what)
  }

  reported(process: SimulatedProcess, report: Report): void {
    if (report._tag !== 'Planned' || report.plan.changes.length === 0) return
    process.plannedAt = this.options.now()
    this.#planned.planned(process.name, report.plan)
  }

  ended({ name }: SimulatedProcess): void {
    this.#knowledge.forget(name)
    this.#planned.forget(name)
  }

  /** Somebody else has written to the target. */
  noted(write: Pick<TableWrite, 'before' | 'after'>): void {
    this.#target.note(write)
  }

  /** A worker has written to the target. */
  wrote(write: TableWrite): void {
    this.#planned.wrote(write)
    this.#target.wrote(write)
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
    this.#acknowledgements.deleted(what, by)
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
  checkExact(target: Table): void {
    const { services, stranger } = this.options
    const items = new Map(
      [...target.all()].map((item) => [backendOf(item) + (item['frontend'] ? ' frontend' : ''), item]),
    )
    for (const name of services) {
      const held = [...addressesOf(items.get(name))].sort().join()
      const live = this.#truth.addresses(name).join()
      if (held !== live)
        throw new Violation('calm makes exact', `${name} has [${held}], and its tasks are at [${live}]`)
    }
    const [damaged] = stranger.damaged()
    if (damaged !== undefined)
      throw new Violation('nothing of others is touched', `${damaged} is not as its owner left it`)
  }

  /** With a journal, a worker knows only what the journal holds. */
  #told(process: SimulatedProcess, task: string): void {
    if (!hasJournal(this.options.scenario.arrangement) && this.#truth.task(task) !== undefined)
      this.#knowledge.told(process.name, task)
  }
}
