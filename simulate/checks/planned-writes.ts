import type { Plan } from '../../src/core/plan.js'
import { isOfRecord, nothing, type WorkerWrite } from '../targets/target-record.js'
import { Violation } from './violation.js'

/** A request may be under way while its worker plans again: it must replace what one of so many plans had read. */
const kept = 8

/**
 * Compares what each write to the target was planned against with what it replaced. A write that replaces anything else
 * loses what somebody wrote in between.
 */
export class PlannedWrites {
  /** By process and key: what the record was, in its last plans. */
  readonly #before = new Map<string, Map<string, string[]>>()

  /** `readText`: what a plan has read, in the form of `TargetRecord.text`. */
  constructor(private readonly readText: (value: unknown) => string) {}

  /** A process is about to make these changes. */
  planned(process: string, { changes }: Plan<unknown>): void {
    const byKey = this.#before.get(process) ?? new Map<string, string[]>()
    this.#before.set(process, byKey)
    for (const change of changes) {
      const parts = change._tag === 'Create' ? nothing : this.readText(change.before.value)
      const before = byKey.get(change.key) ?? []
      if (before.at(-1) !== parts) byKey.set(change.key, [...before, parts].slice(-kept))
    }
  }

  /** A process has ended. */
  forget(process: string): void {
    this.#before.delete(process)
  }

  wrote(write: WorkerWrite): void {
    if (!isOfRecord(write)) return
    const { by, before, after } = write
    const key = (after ?? before)?.key ?? ''
    const found = before?.text ?? nothing
    const planned = this.#before.get(by.name)?.get(key) ?? []
    if (!planned.includes(found))
      throw new Violation(
        'nothing written meanwhile is lost',
        `${by.name} wrote ${key}, which was ${found}, and it had planned to replace ${planned.at(-1) ?? 'nothing at all'}`,
      )
  }
}
