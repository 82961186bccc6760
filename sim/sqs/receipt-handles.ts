/** What a server of queues knows of the receipt handles that it gave out. */
export interface ReceiptHandles {
  /** Records the handle of one receive. */
  issue(handle: string): void
  /** Whether the handle was issued here, however long ago and whatever has become of its message. */
  issued(handle: string): boolean
}

/**
 * SQS allows 120 000 messages in flight per standard queue; a handle forgotten beyond that counts as never issued.
 */
const REMEMBERED = 250_000

/** An empty memory of receipt handles, bounded to the newest 250 000. */
export function receiptHandles(): ReceiptHandles {
  const handles = new Set<string>()
  return {
    issue: (handle) => {
      handles.add(handle)
      if (handles.size <= REMEMBERED) return
      const [oldest] = handles
      if (oldest !== undefined) handles.delete(oldest)
    },
    issued: (handle) => handles.has(handle),
  }
}
