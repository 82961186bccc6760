import type { Random } from '../prng.js'

/** A set from which a random member can be drawn in constant time. */
export class Bag<A> {
  readonly #members: A[] = []
  readonly #positions = new Map<A, number>()

  get size(): number {
    return this.#members.length
  }

  add(member: A): void {
    if (this.#positions.has(member)) return
    this.#positions.set(member, this.#members.length)
    this.#members.push(member)
  }

  delete(member: A): void {
    const position = this.#positions.get(member)
    if (position === undefined) return
    this.#positions.delete(member)
    const last = this.#members.pop()!
    if (last === member) return
    this.#members[position] = last
    this.#positions.set(last, position)
  }

  /** A random member, which stays in the bag; undefined when the bag is empty. */
  draw(random: Random): A | undefined {
    return this.#members[random.int(this.#members.length)]
  }
}
