/**
 * Numbers that are taken and returned (host ports, the last part of an address). The number returned last is taken
 * first: reuse breaks designs that use addresses as keys, so it should happen as soon and as often as possible.
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
