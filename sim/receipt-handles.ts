/** What a queue knows of the receipt handles that it gave out. */
export interface ReceiptHandles {
  /** Records the handle of one receive; an earlier handle of the same message is superseded by it. */
  issued(messageId: string, handle: string): void
  /** Whether the handle was issued here and is the newest of its message. A deleted message's last handle stays valid. */
  valid(handle: string): boolean
}

/** SQS allows 120 000 messages in flight per standard queue; a handle forgotten beyond that counts as never issued. */
const REMEMBERED = 250_000

/** An empty memory of receipt handles, bounded to the newest 250 000. */
export function receiptHandles(): ReceiptHandles {
  const messageOf = new Map<string, string>()
  const newestOf = new Map<string, string>()

  const forgetOldest = () => {
    for (const [handle, messageId] of messageOf) {
      if (messageOf.size <= REMEMBERED) return
      messageOf.delete(handle)
      if (newestOf.get(messageId) === handle) newestOf.delete(messageId)
    }
  }

  return {
    issued: (messageId, handle) => {
      messageOf.set(handle, messageId)
      newestOf.set(messageId, handle)
      forgetOldest()
    },
    valid: (handle) => {
      const messageId = messageOf.get(handle)
      return messageId !== undefined && newestOf.get(messageId) === handle
    },
  }
}
