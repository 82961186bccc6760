/** Limits how many connections are open at once. */
export class ConnectionLimit {
  private open = 0

  constructor(private readonly most: number) {}

  /**
   * Counts one more connection and returns true, unless the limit is reached. Each caller that enters must leave once.
   */
  enter(): boolean {
    if (this.open >= this.most) return false
    this.open++
    return true
  }

  leave(): void {
    this.open--
  }
}
