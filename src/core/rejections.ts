import type { Change } from './sink.js'

interface Rejection<V> {
  /** `undefined` for a delete. */
  readonly after: V | undefined
  readonly times: number
}

/** Counts consecutive rejections of the same change, so that a hopeless change does not block everything else. */
export class Rejections<V> {
  private readonly byKey = new Map<string, Rejection<V>>()

  constructor(private readonly equals: (a: V, b: V) => boolean) {}

  /** How often this change was rejected in a row. */
  of(change: Change<V>): number {
    const rejection = this.byKey.get(change.key)
    if (rejection === undefined) return 0
    const { after, times } = rejection
    if (change._tag === 'Delete') return after === undefined ? times : 0
    return after !== undefined && this.equals(after, change.after) ? times : 0
  }

  /** Counts one more rejection, and returns the new count. */
  add(change: Change<V>): number {
    const times = this.of(change) + 1
    this.byKey.set(change.key, { after: change._tag === 'Delete' ? undefined : change.after, times })
    return times
  }

  forget(key: string): void {
    this.byKey.delete(key)
  }

  clear(): void {
    this.byKey.clear()
  }
}
