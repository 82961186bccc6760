import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { filter, firstValueFrom, map, merge, ReplaySubject } from 'rxjs'
import { inject } from 'vitest'

/** The command as a process of its own. */
export const commandProcess = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const child = spawn(
    process.execPath,
    [join(inject('builtPrograms'), 'command/ecs-task-stream.js'), ...argv],
    // Nothing of this machine's settings: no CLUSTER, no AWS profile.
    { env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const out: string[] = []
  const err: string[] = []
  const lines$ = new ReplaySubject<string>()
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => out.push(chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err.push(chunk)
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) lines$.next(line)
  })
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    out: out.join(''),
    err: err.join(''),
  }))
  const log$ = lines$.pipe(
    filter((line) => line.startsWith('{')),
    map((line) => JSON.parse(line) as Record<string, unknown>),
  )
  const early$ = new ReplaySubject<never>(1)
  void ended.then(({ err: text }) => early$.error(new Error(`the command has ended:\n${text}`)))

  return {
    /** Its exit code and all that it wrote. */
    ended,
    /** The first log line with this message; rejects when the command ends without one. */
    logged: (message: string) =>
      firstValueFrom(merge(log$.pipe(filter(({ msg }) => msg === message)), early$)),
    /** The first failure with this error; rejects when the command ends without one. */
    failed: (error: string) =>
      firstValueFrom(merge(log$.pipe(filter((line) => line['error'] === error)), early$)),
    /** The first line about this text, printed outside the log; rejects when the command ends without one. */
    said: (said: string) => firstValueFrom(merge(log$.pipe(filter(({ text }) => text === said)), early$)),
    /** What it has written to standard error until now. */
    written: () => err.join(''),
    signal: (signal: NodeJS.Signals) => child.kill(signal),
  }
}

export type CommandProcess = ReturnType<typeof commandProcess>
