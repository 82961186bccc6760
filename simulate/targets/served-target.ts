import type { Millis } from '../../src/core/clock.js'
import { traefikHttp } from '../../src/sinks/traefik/http/index.js'
import { Violation } from '../checks/violation.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import { DocumentReader, type DocumentReaderOptions, type ReadDocument } from './document-reader.js'
import type { AskedTarget, TargetObserver } from './simulated-target.js'
import type { TargetRecord } from './target-record.js'
import { changesBetween, recordsIn } from './traefik-records.js'

export type ServedTargetOptions = Omit<DocumentReaderOptions, 'read'>

/** What Traefik v3 holds, which asks a worker by its HTTP provider. */
export class ServedTarget implements AskedTarget {
  readonly _tag = 'Asked'
  readonly #reader: DocumentReader
  #text = ''
  #records: ReadonlyMap<string, TargetRecord> = new Map()

  constructor(
    options: ServedTargetOptions,
    private readonly observer: TargetObserver,
  ) {
    this.#reader = new DocumentReader({ ...options, read: (document) => this.#take(document) })
  }

  /** Traefik starts. */
  start(): void {
    this.#reader.start()
  }

  records(): Iterable<TargetRecord> {
    return this.#records.values()
  }

  #take({ by, text, answeredAt, plannedAt }: ReadDocument): void {
    if (text !== this.#text) this.#replace(by, text, plannedAt)
    this.observer.shown(by, answeredAt)
  }

  #replace(by: SimulatedProcess, text: string, plannedAt: Millis): void {
    const before = this.#records
    try {
      this.#records = recordsIn(text, before)
    } catch {
      this.observer.defect(
        new Violation('readers see whole documents', `${by.name} answered ${text.slice(0, 200)}`),
      )
      return
    }
    this.#text = text
    for (const change of changesBetween(before, this.#records))
      this.observer.wrote({ ...change, by, plannedAt })
  }
}

/** The shipped sink. */
export const servedSink = ({ clock }: SimulatedProcess) => traefikHttp({ clock })
