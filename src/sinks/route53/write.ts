import * as E from 'fp-ts/lib/Either.js'
import { errorOf } from '../../core/error-of.js'
import type { Change, Outcome, Owner, Sink } from '../../core/sink.js'
import { batchOf, fits, type HostOptions, packed, sizeOf, type Step } from './batch.js'
import { RefusedBatch } from './failure.js'
import { type LookOptions, SecondLook } from './recheck.js'
import type { SrvService } from './service.js'
import { type Unit, unitOf } from './name-change.js'

export type WriteOptions = HostOptions & LookOptions

/** Route 53's messages about a record that is not as it was read. Anything else is an error in the batch itself. */
const mismatch =
  /but it was not found|do not match the current values|but it already exists|cannot be created as (?:other|a non-)/

/**
 * `Sink.apply`: makes changes in as few batches as possible, one after another, since Route 53 takes one batch per zone
 * at a time. A refused batch is split until the faulty change is alone.
 */
export const serviceWriter =
  (options: WriteOptions): Sink<SrvService>['apply'] =>
  async (changes, owner, signal) => {
    await options.zone.name(signal)
    return new Writing(options, signal).all(changes, owner)
  }

class Writing {
  private readonly outcomes: Outcome<SrvService>[] = []
  /** Throttling and connection errors apply equally to everything that is left. */
  private broken: Error | undefined
  private readonly looks: SecondLook

  constructor(
    private readonly options: WriteOptions,
    private readonly signal: AbortSignal,
  ) {
    this.looks = new SecondLook(options, signal)
  }

  async all(changes: readonly Change<SrvService>[], owner: Owner): Promise<readonly Outcome<SrvService>[]> {
    const { hosts, zone } = this.options
    const units: Unit[] = []
    for (const change of changes) {
      const other = await this.looks.confirm(change)
      if (other !== undefined) {
        this.outcomes.push(other)
        continue
      }
      const unit = unitOf(change, owner, hosts(), { ...this.options, zone: zone.nameKnown() })
      if (E.isLeft(unit)) this.outcomes.push({ _tag: 'Rejected', key: change.key, reason: unit.left })
      else units.push(unit.right)
    }
    for (const group of packed(units)) await this.together(group)
    return this.outcomes
  }

  private async together(units: readonly Unit[]): Promise<void> {
    const [unit, another] = units
    if (unit === undefined) return
    const failed = await this.send(units.map(({ step }) => step))
    if (failed === undefined) for (const each of units) this.done(each)
    else if (failed === 'too large') {
      if (another === undefined) await this.stepwise(unit)
      else for (const half of halves(units)) await this.together(half)
    } else if (failed instanceof RefusedBatch && another !== undefined)
      for (const part of parts(units, failed)) await this.together(part)
    else for (const each of units) await this.notDone(each, failed)
  }

  private async stepwise(unit: Unit): Promise<void> {
    for (const step of unit.steps(this.options.hosts())) {
      const failed = await this.send([step])
      if (failed !== undefined) {
        await this.notDone(unit, failed === 'too large' ? new Error('a step is too large: a defect') : failed)
        return
      }
    }
    this.done(unit)
  }

  /** Makes the steps in one batch. Returns the error if it fails. */
  private async send(steps: readonly Step[]): Promise<Error | 'too large' | undefined> {
    if (this.broken !== undefined) return this.broken
    const hosts = this.options.hosts()
    const batch = batchOf(steps, hosts, this.options)
    if (E.isLeft(batch)) return new RefusedBatch(batch.left, 'invalid')
    const { changes } = batch.right
    if (!fits(sizeOf(changes))) return 'too large'
    try {
      if (changes.length > 0) await this.options.zone.change(changes, this.signal)
    } catch (thrown) {
      const error = errorOf(thrown)
      if (!(error instanceof RefusedBatch)) this.broken = error
      return error
    }
    for (const host of batch.right.hosts) hosts.set(host)
    for (const { host, name } of batch.right.left) hosts.leave(host, name)
    return undefined
  }

  private done({ change: { key }, after }: Unit): void {
    this.outcomes.push({ _tag: 'Done', key, row: this.looks.rowOf(after) })
  }

  private async notDone(unit: Unit, error: Error): Promise<void> {
    const { key } = unit.change
    if (!(error instanceof RefusedBatch) || error.why === 'denied')
      this.outcomes.push({ _tag: 'Failed', key, error })
    else if (mismatch.test(error.message))
      this.outcomes.push({ _tag: 'Conflict', key, found: await this.looks.found(unit) })
    else
      this.outcomes.push({
        _tag: 'Rejected',
        key,
        reason: `Route 53 refuses ${key} (${error.message}): correct the record that it names, or the name`,
      })
  }
}

/**
 * Splits a refused batch. If Route 53 names the records at fault, each of their changes goes alone, and the rest
 * together. If it names none that we know, or all, the batch is halved.
 */
const parts = (units: readonly Unit[], { message }: RefusedBatch): readonly (readonly Unit[])[] => {
  const named = new Set(Array.from(message.matchAll(/name='([^']*?)\.?'/g), ([, name]) => name))
  const isNamed = ({ step: { records, uses } }: Unit): boolean =>
    records.some(({ set }) => named.has(set.name)) || uses.some(({ host }) => named.has(host))
  const rest = units.filter((unit) => !isNamed(unit))
  if (rest.length > 0 && rest.length < units.length)
    return [rest, ...units.filter(isNamed).map((unit) => [unit])]
  return halves(units)
}

const halves = <A>(all: readonly A[]): readonly (readonly A[])[] => {
  const half = Math.ceil(all.length / 2)
  return [all.slice(0, half), all.slice(half)]
}
