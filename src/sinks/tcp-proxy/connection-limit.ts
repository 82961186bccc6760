/** How many connections may be open at once. */
export class ConnectionLimit {
  private open = 0

  constructor(private readonly most: number) {}

  /** Counts one more, unless there are too many. Whoever enters leaves once. */
  enter(): boolean {
    if (this.open >= this.most) return false
    this.open++
    return true
  }

  leave(): void {
    this.open--
  }
}
