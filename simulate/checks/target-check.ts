import type { SimulatedProcess } from '../engine/simulated-process.js'
import {
  addressesOf,
  backendOf,
  isOfRecord,
  type TargetWrite,
  type WorkerWrite,
} from '../targets/target-record.js'
import type { Millis } from '../../src/core/clock.js'
import type { Knowledge } from './knowledge.js'
import type { Presence } from './presence.js'
import type { Truth } from './truth.js'
import type { ShareCheck } from './share-check.js'
import { Violation } from './violation.js'

export interface TargetCheckOptions {
  readonly owner: string
  readonly services: ReadonlySet<string>
  readonly truth: Truth
  readonly knowledge: Knowledge
  readonly presence: Presence
  readonly shares: ShareCheck
  /** Since when a process knows what it knows; `undefined` if it has the knowledge of others. */
  readonly startOf: (process: SimulatedProcess) => Millis | undefined
  readonly now: () => Millis
}

/**
 * How long a worker may still write what it planned before it was told better: the time-out of a write, and what a plan
 * waits for.
 */
export const writeMs: Millis = 60_000

/** How long it takes until what a process was told is part of its plans. */
const foldMs: Millis = 1_000

/** Looks at each write to the target, whoever makes it. */
export class TargetCheck {
  constructor(private readonly options: TargetCheckOptions) {}

  /** A write by a worker. */
  wrote(write: WorkerWrite): void {
    if (isOfRecord(write)) this.#checkOwner(write)
    const after = new Set(addressesOf(write.after))
    for (const address of addressesOf(write.before))
      if (!after.has(address)) this.#checkRemoved(write, address)
    this.note(write)
  }

  /** Remembers what is in the target, without judging it. */
  note(write: TargetWrite): void {
    const { before, after } = write
    const { presence } = this.options
    const service = backendOf(write)
    const now = new Set(addressesOf(after))
    for (const address of addressesOf(before)) if (!now.has(address)) presence.set(service, address, false)
    for (const address of now) presence.set(service, address, true)
  }

  #checkOwner(write: WorkerWrite): void {
    const { owner, services } = this.options
    const { before, by, after } = write
    const name = backendOf(write)
    if (!services.has(name.replace(/-test$/, '')))
      throw new Violation(
        'nothing of others is touched',
        `${by.name} wrote backend ${name}, which is no service`,
      )
    const heldBy = before?.owner
    if (heldBy !== undefined && heldBy !== owner)
      throw new Violation('nothing of others is touched', `${by.name} wrote ${name}, which ${heldBy} owns`)
    if (before !== undefined && before.ofOthers !== '' && before.ofOthers !== after?.ofOthers)
      throw new Violation('nothing of others is touched', `${by.name} changed what is of others in ${name}`)
  }

  #checkRemoved(write: WorkerWrite, address: string): void {
    const { truth, knowledge, shares, now, startOf: knows } = this.options
    const { by, plannedAt = by.plannedAt } = write
    const service = backendOf(write)
    const task = truth.at(service, address)
    if (task === undefined || shares.wasHeld(service, task.startedBy)) return
    const since = knowledge.since(by.name, task.arn)
    const startedAt = knows(by)
    // Who has not been told since it started has no whole snapshot, so it may not take away what it cannot explain.
    const isUntold = since === undefined && startedAt !== undefined && task.since < startedAt - writeMs
    const isOwn = since !== undefined && startedAt !== undefined
    const wasPlannedLater = isOwn
      ? since < plannedAt - foldMs
      : since !== undefined && (write.plannedAt ?? now()) - since >= writeMs
    if (!isUntold && (!wasPlannedLater || by.isStopping)) return
    const ago = (time: Millis): string => `${Math.round((now() - time) / 1_000)} s`
    throw new Violation(
      'no live server is removed',
      `${by.name} removed ${address} of ${service}; its task ${task.arn} has run for ${ago(task.since)}, which ${since === undefined ? 'nobody told it' : `could be known for ${ago(since)}`}`,
    )
  }
}
