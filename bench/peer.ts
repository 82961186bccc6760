import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process that answers one request at a time. It ends with this one. */
export interface Peer<Request, Answer> {
  ask(request: Request): Promise<Answer>
  close(): Promise<void>
}

export interface PeerOptions {
  /** The most megabytes of its heap. Default: as Node has it. */
  readonly heapMb?: number
  /** In addition to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a program, which calls `answerWith`: `peer(new URL('fold-process.ts', import.meta.url))`. */
export const peer = <Request extends object, Answer>(
  program: URL,
  { heapMb, env }: PeerOptions = {},
): Peer<Request, Answer> => {
  const child = fork(fileURLToPath(program), {
    execArgv: [...process.execArgv, ...(heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`])],
    env: { ...process.env, ...env },
  })
  const failed = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${program.pathname} has ended with ${String(code ?? signal)}`)
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
export const answerWith = (answer: (request: never) => object | Promise<object>): void => {
  process.on('message', (request) => {
    void Promise.resolve(answer(request as never)).then((found) => process.send?.(found))
  })
  process.once('disconnect', () => process.exit())
}
