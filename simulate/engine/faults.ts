import { prng, type Random } from '../../sim/prng.js'

/** What can go wrong. Each kind can be switched off, which is how a failure is shrunk. */
export const faultKinds = [
  /** An event never reaches a queue. */
  'lost-event',
  /** All events for a queue are lost, for minutes. */
  'deaf-queue',
  /** An event reaches a queue twice. */
  'doubled-event',
  /** An event is minutes late. */
  'late-event',
  /** SQS delivers a message again although it is hidden, or was deleted. */
  'doubled-message',
  /** SQS or Route 53 refuses a call, or an entry of it, and asks to try again. */
  'refusal',
  /** A service answers that there were too many calls. */
  'throttle',
  /** A service answers that it failed; it did nothing. */
  'error500',
  /** A request does not arrive. */
  'lost-request',
  /** A request has its effect, and its answer does not arrive. */
  'lost-answer',
  /** The first part of an answer arrives. */
  'half-answer',
  /** There is never an answer, nor an error. */
  'hang',
  /** A request or an answer is under way for seconds. */
  'slow',
  /** ECS answers with what was so seconds ago. */
  'stale',
  /** A worker reaches one service, or all of them, for minutes not. */
  'partition',
  /** A process ends between any two moments of the network. */
  'kill',
  /** A process is asked to stop, and another starts. */
  'stop',
  /** Somebody sets a worker's clock. */
  'clock-jump',
  /** Another program or a person writes to the target. */
  'other-writer',
  /** A disk has no room, for minutes: a part of what is written is there. */
  'disk-full',
  /** A call to a disk fails. */
  'disk-error',
  /** A call to a disk takes seconds. */
  'slow-disk',
  /** A process is killed because the power fails: what was not synced may be gone. */
  'power-failure',
  /** A service, or all of them, does not answer a worker for a minute. */
  'silence',
] as const

export type FaultKind = (typeof faultKinds)[number]

export interface FaultOptions {
  readonly seed: number
  /** Kinds that never happen. */
  readonly without: ReadonlySet<FaultKind>
  /** Only so many faults happen, the first ones. */
  readonly most: number
}

/** Decides what goes wrong. Each kind has its own dice, so that a kind that is switched off changes no other. */
export class Faults {
  /** How rough it is: probabilities are multiplied by it. 0: nothing goes wrong. */
  roughness = 0
  readonly #dice: ReadonlyMap<FaultKind, Random>
  readonly #counts = new Map<FaultKind, number>()
  #total = 0

  constructor(
    private readonly options: FaultOptions,
    private readonly note: (kind: FaultKind, where: string) => void,
  ) {
    this.#dice = new Map(faultKinds.map((kind, i) => [kind, prng(options.seed ^ (0x9e3779b1 * (i + 1)))]))
  }

  /** Whether it happens, with probability `p` when it is rough. */
  happens(kind: FaultKind, p: number, where: string): boolean {
    const hit = this.dice(kind).chance(p * this.roughness)
    const { without, most } = this.options
    if (!hit || without.has(kind) || this.#total >= most) return false
    this.#total++
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    this.note(kind, where)
    return true
  }

  /** For what else a fault of this kind needs to be decided. */
  dice(kind: FaultKind): Random {
    const dice = this.#dice.get(kind)
    if (dice === undefined) throw new Error(`no such kind: ${kind}`)
    return dice
  }

  get total(): number {
    return this.#total
  }

  get counts(): ReadonlyMap<FaultKind, number> {
    return this.#counts
  }
}
