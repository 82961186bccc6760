import { onTestFinished } from 'vitest'

export interface ServerSentEvent {
  readonly event: string
  readonly id: string
  readonly data: string
}

const eventOf = (block: string): ServerSentEvent => {
  const field = (name: string): string =>
    block
      .split('\n')
      .filter((line) => line.startsWith(`${name}: `))
      .map((line) => line.slice(name.length + 2))
      .join('\n')
  return { event: field('event'), id: field('id'), data: field('data') }
}

/** A stream of server-sent events, read as a browser does. It is closed when the test is over at the latest. */
export const serverSentEvents = async (url: string, headers: Readonly<Record<string, string>> = {}) => {
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const answer = await fetch(url, { headers, signal: abort.signal })
  const events: ServerSentEvent[] = []
  const comments: string[] = []
  const waiting = new Set<() => void>()
  let lastId = ''
  let isOver = false

  const read = async (): Promise<void> => {
    let rest = ''
    try {
      for await (const chunk of answer.body ?? []) {
        rest += Buffer.from(chunk as Uint8Array).toString()
        const blocks = rest.split('\n\n')
        rest = blocks.pop() ?? ''
        for (const block of blocks) {
          const event = eventOf(block)
          if (event.id !== '') lastId = event.id
          if (block.startsWith(':')) comments.push(block)
          // Without data nothing is dispatched.
          if (event.data !== '') events.push(event)
        }
        for (const look of waiting) look()
      }
    } catch {
      // Closed by either side.
    }
    isOver = true
    for (const look of waiting) look()
  }
  const over = read()

  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    /** What has come so far. */
    events,
    comments,
    /** Where a browser would go on. */
    get lastId() {
      return lastId
    },
    /** Resolves as soon as it holds, looked at after all that comes; rejects when the stream is over before. */
    until: (condition: () => boolean): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (condition()) {
            waiting.delete(look)
            resolve()
          } else if (isOver) {
            waiting.delete(look)
            reject(new Error(`the stream is over: ${JSON.stringify(events)}`))
          }
        }
        waiting.add(look)
        look()
      }),
    /** Resolves when the server has ended it. */
    over,
    close: async (): Promise<void> => {
      abort.abort()
      await over
    },
  }
}
