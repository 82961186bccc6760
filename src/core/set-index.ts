const nobody: ReadonlySet<string> = new Set()

/** The members under each key. A key without members costs nothing. */
export class SetIndex {
  readonly #members = new Map<string, Set<string>>()

  add(key: string, member: string): void {
    const members = this.#members.get(key)
    if (members === undefined) this.#members.set(key, new Set([member]))
    else members.add(member)
  }

  remove(key: string, member: string): void {
    const members = this.#members.get(key)
    members?.delete(member)
    if (members?.size === 0) this.#members.delete(key)
  }

  /** Changes with the index: copy it before changing the index while reading it. */
  of(key: string): ReadonlySet<string> {
    return this.#members.get(key) ?? nobody
  }
}
