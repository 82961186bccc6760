import type { LogPosition } from '../../core/log-position.js'

interface Entry {
  readonly position: LogPosition
  acknowledged: boolean
}

/** What was delivered of a log, in its order. It is committed up to the first delivery that is not acknowledged. */
export class ShardLog {
  private readonly entries = new Set<Entry>()

  /** @param commit Called with the position of each delivery that is committed. */
  constructor(private readonly commit: (position: LogPosition) => void) {}

  /** Adds a delivery that ends at `position`. Returns what acknowledges it. */
  add(position: LogPosition): () => void {
    const entry = { position, acknowledged: false }
    this.entries.add(entry)
    return () => {
      entry.acknowledged = true
      this.advance()
    }
  }

  private advance(): void {
    for (const entry of this.entries) {
      if (!entry.acknowledged) return
      this.entries.delete(entry)
      this.commit(entry.position)
    }
  }
}
