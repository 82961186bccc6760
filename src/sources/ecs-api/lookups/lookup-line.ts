/**
 * Waiting keys, in lanes such as families of task definitions. Turns alternate between the lane that has waited longest
 * and the newest key. A flood in one lane therefore delays only that lane, and after a flood of many lanes, a new key
 * is taken second.
 */
export class LookupLine {
  /** Ordered by waiting time: the lane, and the key in it, that has waited longest comes first. */
  readonly #lanes = new Map<string, Set<string>>()
  readonly #laneOf = new Map<string, string>()
  /** The newest last. May contain keys that have been taken or deleted; they are skipped. */
  #latest: string[] = []
  #fromTheEnd = false

  get size(): number {
    return this.#laneOf.size
  }

  add(key: string, lane: string): void {
    if (this.#laneOf.has(key)) return
    this.#laneOf.set(key, lane)
    const keys = this.#lanes.get(lane)
    if (keys === undefined) this.#lanes.set(lane, new Set([key]))
    else keys.add(key)
    this.#latest.push(key)
    if (this.#latest.length > 2 * this.size + 64)
      this.#latest = [...new Set(this.#latest)].filter((each) => this.#laneOf.has(each))
  }

  delete(key: string): void {
    const lane = this.#laneOf.get(key)
    if (lane === undefined) return
    this.#laneOf.delete(key)
    const keys = this.#lanes.get(lane)
    keys?.delete(key)
    if (keys?.size === 0) this.#lanes.delete(lane)
  }

  take(): string | undefined {
    const key = this.#fromTheEnd ? this.#newest() : this.#oldest()
    this.#fromTheEnd = !this.#fromTheEnd
    if (key !== undefined) this.delete(key)
    return key
  }

  #oldest(): string | undefined {
    for (const [lane, keys] of this.#lanes)
      for (const key of keys) {
        // The lane's other keys wait behind one key of each other lane.
        this.#lanes.delete(lane)
        this.#lanes.set(lane, keys)
        return key
      }
    return undefined
  }

  #newest(): string | undefined {
    for (let key = this.#latest.pop(); key !== undefined; key = this.#latest.pop())
      if (this.#laneOf.has(key)) return key
    return undefined
  }
}
