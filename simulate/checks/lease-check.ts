import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WireRequest } from '../network/wire.js'
import type { ConductCheck } from './conduct-check.js'
import { Violation } from './violation.js'

/** Work that one worker at a time does: nobody begins it who was not given its lease, or who gave it back. */
export class LeaseCheck implements ConductCheck {
  /** By process: what it may do alone. */
  readonly #held = new Map<string, Set<string>>()

  /** The journal has answered. `ms` 0: the lease was given back. */
  answeredLease({ name }: SimulatedProcess, work: string, ms: number, isGiven: boolean): void {
    const held = this.#held.get(name) ?? new Set<string>()
    this.#held.set(name, held)
    if (ms === 0) held.delete(work)
    else if (isGiven) held.add(work)
  }

  sent(process: SimulatedProcess, { operation, body }: WireRequest): void {
    if (operation !== 'ListTasks') return
    const { cluster = '' } = JSON.parse(body) as { readonly cluster?: string }
    this.begins(process, `snapshot of ${cluster}`)
  }

  begins({ name }: SimulatedProcess, work: string): void {
    if (this.#held.get(name)?.has(work) !== true)
      throw new Violation('one at a time', `${name} does what it has no lease for: ${work}`)
  }

  ended({ name }: SimulatedProcess): void {
    this.#held.delete(name)
  }
}
