/** The receipt handles that a server of queues has issued. */
export interface ReceiptHandles {
  /** Records the handle of one receive. */
  issue(handle: string): void
  /** Whether this server issued the handle, whatever has become of its message. */
  issued(handle: string): boolean
}

/**
 * SQS allows 120,000 messages in flight per standard queue. A forgotten handle counts as never issued.
 */
const REMEMBERED = 250_000

/** Remembers the newest 250,000 receipt handles. */
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
