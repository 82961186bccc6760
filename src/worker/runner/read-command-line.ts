import * as E from 'fp-ts/lib/Either.js'
import { formatProblems, type Problem } from '../settings/problem.js'
import type { Declaration } from '../settings/setting.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import type { DefinedWorker, Reading } from './worker.js'

export interface CommandLine<D extends Declaration> {
  readonly worker: DefinedWorker
  /** The settings of the command, in addition to those of the worker. */
  readonly common: D
  /** The beginning of the command line, for messages: `ecs-task-stream plan traefik-table`. */
  readonly usage: string
  readonly argv: readonly string[]
}

/** Prints all problems, and returns the exit code for them. */
export const refuse = (
  usage: string,
  problems: readonly Problem[],
  { err }: Pick<Terminal, 'err'>,
): ExitCode => {
  err(`${formatProblems(usage, problems)}\n`)
  return exitCode.usage
}

/** Reads the settings of a command. If they are wrong, or help is wanted, prints that and returns the exit code. */
export const readCommandLine = <D extends Declaration>(
  { worker, common, usage, argv }: CommandLine<D>,
  terminal: Pick<Terminal, 'out' | 'err' | 'env'>,
): E.Either<ExitCode, Extract<Reading<D>, { readonly _tag: 'Settings' }>> => {
  const reading = worker.read(common, usage, argv, terminal.env)
  switch (reading._tag) {
    case 'Help':
      terminal.out(reading.text)
      return E.left(exitCode.ok)
    case 'Problems':
      return E.left(refuse(usage, reading.problems, terminal))
    case 'Settings':
      return E.right(reading)
  }
}
