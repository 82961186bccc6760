/** Room for a number of records, shared by the readers of all shards. */
export class ReadRoom {
  private waiting: (() => void)[] = []

  /**
   * @param free How many records it has room for.
   * @param batch The most that a reader gets at a time.
   */
  constructor(
    private free: number,
    private readonly batch: number,
  ) {}

  /** Waits for room, and takes it until it is given back. Resolves to 0 if the signal has aborted. */
  async take(signal: AbortSignal): Promise<number> {
    while (!signal.aborted && this.free === 0)
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve)
      })
    if (signal.aborted) return 0
    // Taken synchronously after the check; an `await` in between would let several readers in.
    const taken = Math.min(this.batch, this.free)
    this.free -= taken
    return taken
  }

  give(records: number): void {
    this.free += records
    if (this.free > 0) this.wake()
  }

  /** Has those who wait look again, such as after an abort. */
  wake(): void {
    const { waiting } = this
    this.waiting = []
    for (const resolve of waiting) resolve()
  }
}
