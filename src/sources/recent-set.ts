/** The strings added last, at most `bound` of them. */
export class RecentSet {
  // A Set iterates in the order of insertion, so its first is the oldest.
  private readonly members = new Set<string>()

  constructor(private readonly bound: number) {}

  add(member: string): void {
    this.members.delete(member)
    this.members.add(member)
    if (this.members.size <= this.bound) return
    for (const oldest of this.members) {
      this.members.delete(oldest)
      return
    }
  }

  has(member: string): boolean {
    return this.members.has(member)
  }
}
