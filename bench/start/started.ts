import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const reporter = fileURLToPath(new URL('cpu-time.cjs', import.meta.url))

export interface Start {
  /** The arguments of Node. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What the process logs when it is ready, and then goes on. Default: it ends by itself. */
  readonly until?: string
}

/** Starts a process. Resolves to the milliseconds that it was on a processor until it was ready, or had ended. */
export const started = async ({ args, env = {}, until }: Start): Promise<number> => {
  const child = spawn(process.execPath, ['--require', reporter, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  let log = ''
  let told = ''
  child.stdio[2]?.on('data', (chunk: Buffer) => {
    log += String(chunk)
    if (until !== undefined && log.includes(until)) child.kill('SIGUSR2')
  })
  child.stdio[3]?.on('data', (chunk: Buffer) => {
    told += String(chunk)
    if (until !== undefined) child.kill('SIGKILL')
  })
  await ended
  const [ms] = told.split('\n').map(Number)
  if (ms === undefined || !(ms > 0) || (until !== undefined && !log.includes(until)))
    throw new Error(`${args.join(' ')} did not start: ${log}`)
  return ms
}
