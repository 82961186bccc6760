import type { Plan } from '../../src/core/plan.js'
import { canonical, type StoredItem } from '../servers/stored-item.js'
import type { TableWrite } from '../servers/dynamodb.js'
import { Violation } from './violation.js'

const isRead = (value: unknown): value is { readonly held: StoredItem } =>
  typeof value === 'object' &&
  value !== null &&
  'held' in value &&
  typeof value.held === 'object' &&
  value.held !== null

/** What a write replaces, and what a person or another program may have changed: each on its own line, for people. */
const partsOf = (item: StoredItem | undefined): string =>
  item === undefined
    ? 'nothing'
    : [
        `version ${canonical(item['version'])}`,
        `owner ${canonical(item['owner'])}`,
        `name ${canonical(item['name'])}`,
        `servers ${canonical(item['backend']?.M?.['servers'] ?? item['backend'])}`,
      ].join(', ')

/** A request may be under way while its worker plans again: it must replace what one of so many plans had read. */
const kept = 8

/**
 * Compares what each write to the target was planned against with what it replaced. A write that replaces anything else
 * loses what somebody wrote in between.
 */
export class PlannedWrites {
  /** By process and key: what the record was, in its last plans. */
  readonly #before = new Map<string, Map<string, string[]>>()

  /** A process is about to make these changes. */
  planned(process: string, { changes }: Plan<unknown>): void {
    const byKey = this.#before.get(process) ?? new Map<string, string[]>()
    this.#before.set(process, byKey)
    for (const change of changes) {
      const value = change._tag === 'Create' ? undefined : change.before.value
      const parts = change._tag === 'Create' ? partsOf(undefined) : isRead(value) ? partsOf(value.held) : ''
      const before = byKey.get(change.key) ?? []
      if (before.at(-1) !== parts) byKey.set(change.key, [...before, parts].slice(-kept))
    }
  }

  /** A process has ended. */
  forget(process: string): void {
    this.#before.delete(process)
  }

  wrote({ by, before, after }: TableWrite): void {
    const key = (after ?? before)?.['id']?.S ?? ''
    const found = partsOf(before)
    const planned = this.#before.get(by.name)?.get(key) ?? []
    if (!planned.includes(found))
      throw new Violation(
        'nothing written meanwhile is lost',
        `${by.name} wrote ${key}, which was ${found}, and it had planned to replace ${planned.at(-1) ?? 'nothing at all'}`,
      )
  }
}
