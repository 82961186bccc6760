import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Observable } from 'rxjs'
import type { WorkerNews } from './worker-news.js'

/** What a process with a worker tells its parent. `Ready`: the table holds what the worker knows. */
export type ProcessNews = WorkerNews | { readonly _tag: 'Ready' }

/** A worker that can be killed. */
export interface ForkedWorker {
  readonly news$: Observable<ProcessNews>
  /** Ends it in the middle of whatever it does. */
  kill(): void
  /** Lets it finish what it has begun. */
  stop(): Promise<void>
}

/** Starts `program`, which is `worker-process`, with this process's environment. */
export const forkWorker = (program: string, cluster: string, queueUrl: string): ForkedWorker => {
  // `start.js` compiles TypeScript by an import of its own, which children do not inherit.
  const execArgv = program.endsWith('.ts') ? [...process.execArgv, '--import', 'tsx'] : process.execArgv
  const child = fork(program, [cluster, queueUrl], { execArgv })
  const ended = once(child, 'exit')
  return {
    news$: new Observable((subscriber) => {
      child.on('message', (news) => subscriber.next(news as ProcessNews))
      child.once('exit', () => subscriber.complete())
    }),
    kill: () => void child.kill('SIGKILL'),
    stop: async () => {
      if (child.connected) child.send('stop')
      await ended
    },
  }
}
