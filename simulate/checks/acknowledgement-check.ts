import { gunzipSync } from 'node:zlib'
import type { Millis } from '../../src/core/clock.js'
import type { JournalEntry } from '../../src/core/journal.js'
import type { StoredItem } from '../servers/stored-item.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Happening, TaskHappening } from '../world/ecs-world.js'
import type { Knowledge } from './knowledge.js'
import type { Presence } from './presence.js'
import type { ShareCheck } from './share-check.js'
import type { Truth } from './truth.js'
import { Violation } from './violation.js'

export interface AcknowledgementCheckOptions {
  readonly truth: Truth
  readonly knowledge: Knowledge
  readonly presence: Presence
  readonly shares: ShareCheck
  readonly now: () => Millis
  /** How old a worker's view of the target may be. */
  readonly viewMs: Millis
  /** Whether somebody else owned the record of a service since, so that a worker may believe that it must not write it. */
  readonly wasOccupied: (service: string, since: Millis) => boolean
  /** `covered`: snapshots tell everything again, so that an acknowledgement promises nothing. */
  readonly promise: 'journal' | 'target' | 'covered'
}

/** After so long a process that has started knows everything, unless much went wrong. */
const settledMs: Millis = 1_800_000

const keyOf = (process: SimulatedProcess, { arn, desiredStatus }: TaskHappening): string =>
  `${process.name} ${arn} ${desiredStatus}`

/** Looks at each message that is deleted: whether its effect outlives the process that heard it. */
export class AcknowledgementCheck {
  /** The newest version of each task that the journal holds. */
  readonly #stored = new Map<string, number>()
  /** When a process was first given a message that a task runs, or stops. */
  readonly #given = new Map<string, Millis>()
  readonly #lastAddress = new Map<string, string>()

  constructor(private readonly options: AcknowledgementCheckOptions) {}

  happened({ task }: Happening): void {
    if (task?.address !== undefined) this.#lastAddress.set(task.arn, task.address)
  }

  /** A process was given a message. */
  given({ task }: Happening, process: SimulatedProcess): void {
    if (task === undefined) return
    const key = keyOf(process, task)
    if (!this.#given.has(key)) this.#given.set(key, this.options.now())
  }

  /** The journal holds an item more. */
  journalled(item: StoredItem): void {
    const body: unknown = item['body']?.B
    if (typeof body !== 'string') return
    for (const [, arn = '', version = ''] of gunzipSync(Buffer.from(body, 'base64'))
      .toString()
      .matchAll(/\{"arn":"(arn:[^"]*:task\/[^"]*)".*?"version":(\d+),"at":/g))
      this.#store(arn, Number(version))
  }

  /** A journal that is no table holds entries more. */
  stored(entries: readonly JournalEntry[]): void {
    for (const { events } of entries)
      for (const event of events)
        if (event._tag === 'TaskChanged') this.#store(event.task.arn, event.task.version)
        else if (event._tag === 'TasksListed' || event._tag === 'TasksRelisted')
          for (const { arn, version } of event.tasks) this.#store(arn, version)
  }

  #store(arn: string, version: number): void {
    if ((this.#stored.get(arn) ?? 0) < version) this.#stored.set(arn, version)
  }

  /** A process has deleted a message. */
  deleted(happening: Happening, by: SimulatedProcess): void {
    const { task } = happening
    if (task === undefined) return
    switch (this.options.promise) {
      case 'covered':
        return
      case 'journal':
        this.#checkJournal(happening, by)
        return
      case 'target':
        this.#checkTarget(happening, by)
        return
    }
  }

  #checkJournal({ task }: Happening, by: SimulatedProcess): void {
    if (task === undefined) return
    const { truth, knowledge } = this.options
    const stored = this.#stored.get(task.arn) ?? 0
    const isLive = truth.task(task.arn) !== undefined
    if (stored < task.version && isLive)
      throw new Violation(
        'nothing acknowledged can be lost',
        `${by.name} acknowledged version ${task.version} of ${task.arn}, and the journal holds ${stored}`,
      )
    if (task.address !== undefined && isLive) knowledge.stored(task.arn)
  }

  #checkTarget({ task }: Happening, by: SimulatedProcess): void {
    if (task === undefined) return
    const { truth, presence, knowledge, shares, wasOccupied, viewMs } = this.options
    // A worker compares with what it has read: somebody else may have written since.
    const since = (this.#given.get(keyOf(by, task)) ?? 0) - viewMs
    if (wasOccupied(task.service, since) || shares.wasHeld(task.service, task.startedBy)) return
    const live = truth.task(task.arn)
    if (task.address !== undefined) {
      // What has stopped since may have been told by a newer event, or by a snapshot.
      if (live !== undefined && !presence.wasThere(task.service, task.address, since))
        throw new Violation(
          'nothing acknowledged can be lost',
          `${by.name} acknowledged that ${task.arn} runs at ${task.address}, and ${task.service} never had it`,
        )
      return
    }
    const address = this.#lastAddress.get(task.arn)
    if (task.desiredStatus !== 'STOPPED' || address === undefined) return
    // A process that has just started may not know what the task had: the next snapshot tells it that nothing has it.
    if (!knowledge.hasKnown(by.name, task.arn, settledMs)) return
    // Nothing is taken from a backend while a task of it waits for a lookup, because it might be at that address.
    const waits = truth.addresses(task.service).some((live) => presence.wasAbsent(task.service, live, since))
    if (
      !waits &&
      truth.at(task.service, address) === undefined &&
      !presence.wasAbsent(task.service, address, since)
    )
      throw new Violation(
        'nothing acknowledged can be lost',
        `${by.name} acknowledged that ${task.arn} has stopped, and ${task.service} always had ${address}`,
      )
  }
}
