import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Millis } from 'ecs-task-stream'

export type FleetOrder =
  { readonly _tag: 'Start' | 'Close' | 'Crash'; readonly id: string } | { readonly _tag: 'Report' }

/** By task and target: when requests came. */
export type Arrivals = Readonly<
  Record<string, Readonly<Record<string, { readonly first: Millis; readonly last: Millis }>>>
>

export interface FleetReport {
  readonly arrivals: Arrivals
  /** By task: when a crash was over. */
  readonly died: Readonly<Record<string, Millis>>
}

/** The tasks, in a process of their own. */
export class Fleet {
  private readonly child: ChildProcess = fork(fileURLToPath(new URL('fleet-process.ts', import.meta.url)))

  private tell(order: FleetOrder): void {
    this.child.send(order)
  }

  /** Starts a task's server, and returns its port. */
  async start(id: string): Promise<number> {
    const answer = once(this.child, 'message') as Promise<[{ readonly port: number }]>
    this.tell({ _tag: 'Start', id })
    return (await answer)[0].port
  }

  /** It takes no more connections, and ends when the last has. */
  close(id: string): void {
    this.tell({ _tag: 'Close', id })
  }

  /** It is gone at once, with what is on its way. */
  crash(id: string): void {
    this.tell({ _tag: 'Crash', id })
  }

  async report(): Promise<FleetReport> {
    const answer = once(this.child, 'message') as Promise<[FleetReport]>
    this.tell({ _tag: 'Report' })
    return (await answer)[0]
  }

  end(): void {
    this.child.disconnect()
  }
}
