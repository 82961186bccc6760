import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process that answers one request at a time. It ends with this one. */
export interface Peer<Request, Answer> {
  ask(request: Request): Promise<Answer>
  close(): Promise<void>
}

/** Starts a program of this folder, which calls `answerWith`. */
export const peer = <Request extends object, Answer>(name: string): Peer<Request, Answer> => {
  const child = fork(fileURLToPath(new URL(name, import.meta.url)))
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} has ended with ${String(code)}`)
  })
  failed.catch(() => undefined)
  return {
    ask: async (request) => {
      const answered = once(child, 'message')
      child.send(request)
      const [answer] = (await Promise.race([answered, failed])) as [Answer]
      return answer
    },
    close: async () => {
      child.disconnect()
      await failed.catch(() => undefined)
    },
  }
}

/** Called once by a program that `peer` starts. */
export const answerWith = (answer: (request: never) => Promise<object>): void => {
  process.on('message', (request) => {
    void answer(request as never).then((found) => process.send?.(found))
  })
  process.once('disconnect', () => process.exit())
}
