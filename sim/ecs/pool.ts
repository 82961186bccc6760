/**
 * Numbers that are lent and given back (host ports, the last part of an address). The number given back last is lent
 * first, so that reuse, which breaks designs keyed by address, happens as soon and as often as possible.
 */
export class Pool {
  readonly #returned: number[] = []
  #next: number

  constructor(first: number) {
    this.#next = first
  }

  take(): number {
    return this.#returned.pop() ?? this.#next++
  }

  giveBack(number: number): void {
    this.#returned.push(number)
  }
}
