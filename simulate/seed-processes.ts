import { type ChildProcess, fork } from 'node:child_process'
import { argumentsOf } from './seed-arguments.js'
import type { SeedOptions, SeedResult } from './run-seed.js'

/** What a process that runs one seed sends. */
export interface SeedMessage {
  readonly result: SeedResult
  /** What it took of a core. */
  readonly seconds: number
}

/** Makes this program run one seed, and send its result to the process that started it. */
export const seedProcess = '--as-seed-process'

const isSeedMessage = (message: unknown): message is SeedMessage =>
  typeof message === 'object' && message !== null && 'result' in message && 'seconds' in message

/** Runs seeds in processes of their own, so that each has a core, and none meets what another has left in memory. */
export class SeedProcesses {
  readonly #running = new Set<ChildProcess>()

  constructor(private readonly program: string) {}

  run(options: SeedOptions): Promise<SeedMessage> {
    return new Promise((resolve, reject) => {
      const child = fork(this.program, [seedProcess, ...argumentsOf(options).split(' ')], {
        serialization: 'advanced',
        // Most objects live for a moment; without shaking out the young ones so often it is a tenth faster.
        execArgv: ['--no-warnings', '--max-semi-space-size=64'],
      })
      this.#running.add(child)
      child.on('message', (message) => {
        if (isSeedMessage(message)) resolve(message)
      })
      child.on('error', reject)
      child.on('exit', (code, signal) => {
        this.#running.delete(child)
        reject(new Error(`the process of seed ${options.seed} ended with ${code ?? signal}`))
      })
    })
  }

  /** Ends those that still run. */
  end(): void {
    for (const child of this.#running) child.kill()
  }
}
