import type { Plan } from '../../src/core/plan.js'
import type { WrittenTarget } from '../targets/simulated-target.js'
import { isOfRecord, type WorkerWrite } from '../targets/target-record.js'
import { Violation } from './violation.js'

/** A request may be under way while its worker plans again: it belongs to one of so many plans. */
const kept = 8

const textOf = (parts: readonly string[]): string => parts.join('; ') || 'nothing'

/**
 * Compares what each write takes away from the target with what its worker had read when it planned. A write that takes
 * away anything else loses what somebody wrote in between.
 */
export class PlannedWrites {
  /** By process and key: what the record was, in its last plans. */
  readonly #before = new Map<string, Map<string, readonly (readonly string[])[]>>()

  constructor(private readonly target: Pick<WrittenTarget, 'readParts' | 'recordKey'>) {}

  /** A process is about to make these changes. */
  planned(process: string, { changes }: Plan<unknown>): void {
    const byKey = this.#before.get(process) ?? new Map<string, readonly (readonly string[])[]>()
    this.#before.set(process, byKey)
    const { target } = this
    const read = new Map<string, string[]>()
    for (const change of changes) {
      const key = target.recordKey?.(change.key) ?? change.key
      const parts = read.get(key) ?? []
      if (change._tag !== 'Create') parts.push(...target.readParts(change.key, change.before.value))
      read.set(key, parts)
    }
    for (const [key, parts] of read) {
      const plans = byKey.get(key) ?? []
      const last = plans.at(-1)
      if (last === undefined || textOf(last) !== textOf(parts)) byKey.set(key, [...plans, parts].slice(-kept))
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
    const taken = (before?.parts ?? []).filter((part) => after?.parts.includes(part) !== true)
    const plans = this.#before.get(by.name)?.get(key) ?? []
    if (!plans.some((parts) => taken.every((part) => parts.includes(part))))
      throw new Violation(
        'nothing written meanwhile is lost',
        `${by.name} took from ${key} what it had not read: ${textOf(taken)}; it had read ${textOf(plans.at(-1) ?? [])}`,
      )
  }
}
