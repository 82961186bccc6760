/** Lets everything else that waits run first. */
export type NextTurn = () => Promise<void>

/** The next turn of Node's event loop. */
export const nextTurn: NextTurn = () => new Promise((resolve) => setImmediate(resolve))

/** Divides long work into turns of the event loop, so that it blocks nothing else for long. */
export class Turns {
  private done = 0

  /**
   * @param size The most work in a turn, in any unit.
   * @param next Default: the next turn of Node's event loop.
   */
  constructor(
    private readonly size: number,
    private readonly next: NextTurn = nextTurn,
  ) {}

  /** Called after some work. Waits for the next turn if it is due. */
  async after(work: number): Promise<void> {
    this.done += work
    if (this.done < this.size) return
    this.done = 0
    await this.next()
  }
}
