import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Millis } from 'ecs-task-stream'

/** How requests reach the tasks. */
export interface Route {
  readonly target: string
  readonly port: number
  /** The header by which the target routes. */
  readonly host: string
}

/** One request. */
export interface Asked {
  readonly target: string
  readonly sent: Millis
  readonly ended: Millis
  /** 0: there was no answer. */
  readonly status: number
  /** Which task has answered, or what went wrong. */
  readonly task: string
}

/** A steady rate of requests to every target, from a process of its own. */
export class Load {
  private readonly child: ChildProcess

  constructor(routes: readonly Route[], perSecond: number) {
    this.child = fork(fileURLToPath(new URL('load-process.ts', import.meta.url)), [
      JSON.stringify([routes, perSecond]),
    ])
  }

  /** What was answered since it was asked last. */
  async taken(): Promise<readonly Asked[]> {
    const answer = once(this.child, 'message') as Promise<[readonly Asked[]]>
    this.child.send('report')
    return (await answer)[0]
  }

  end(): void {
    this.child.disconnect()
  }
}
