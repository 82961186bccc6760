import { gunzipSync } from 'node:zlib'
import type { Millis } from '../../src/core/clock.js'
import type { StoredItem } from '../servers/expression.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Happening } from '../world/ecs-world.js'
import type { Knowledge } from './knowledge.js'
import type { Presence } from './presence.js'
import type { Truth } from './truth.js'
import { Violation } from './violation.js'

export interface AcknowledgementCheckOptions {
  readonly truth: Truth
  readonly knowledge: Knowledge
  readonly presence: Presence
  readonly now: () => Millis
  /** `covered`: snapshots tell everything again, so that an acknowledgement promises nothing. */
  readonly promise: 'journal' | 'target' | 'covered'
}

/** Looks at each message that is deleted: whether its effect outlives the process that heard it. */
export class AcknowledgementCheck {
  /** The newest version of each task that the journal holds. */
  readonly #stored = new Map<string, number>()
  /** When a process was first given a message about a version of a task. */
  readonly #given = new Map<string, Millis>()
  readonly #lastAddress = new Map<string, string>()

  constructor(private readonly options: AcknowledgementCheckOptions) {}

  happened({ task }: Happening): void {
    if (task?.address !== undefined) this.#lastAddress.set(task.arn, task.address)
  }

  /** A process was given a message. */
  given({ task }: Happening, process: SimulatedProcess): void {
    if (task === undefined) return
    const key = `${process.name} ${task.arn} ${task.version}`
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
    const { truth, presence } = this.options
    const since = this.#given.get(`${by.name} ${task.arn} ${task.version}`) ?? 0
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
    if (truth.at(task.service, address) === undefined && !presence.wasAbsent(task.service, address, since))
      throw new Violation(
        'nothing acknowledged can be lost',
        `${by.name} acknowledged that ${task.arn} has stopped, and ${task.service} always had ${address}`,
      )
  }
}
