import * as E from 'fp-ts/lib/Either.js'
import { formatProblems, type Problem } from '../settings/problem.js'
import type { ConfigFile } from '../settings/config-file.js'
import { configSettings } from '../settings/config-settings.js'
import { readRawSettings, type Variables } from '../settings/raw-settings.js'
import type { Declaration } from '../settings/setting.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import type { DefinedWorker, Reading } from './worker.js'

/** The settings of a command, in addition to those of the worker. */
type Common = Declaration & typeof configSettings

export interface CommandLine<D extends Common> {
  readonly worker: DefinedWorker
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

/** The configuration file that flags or the environment name, if they do. One that cannot be read has that as a problem. */
const configFileOf = async (argv: readonly string[], env: Variables): Promise<ConfigFile | undefined> => {
  const { configFile } = configSettings
  const [path] = readRawSettings({ configFile }, argv, { env }).texts.get('configFile') ?? []
  // A flag without a value is a problem that the worker reports.
  if (path === undefined || path.trim() === '') return undefined
  const { readConfigFile } = await import('./read-config-file.js')
  return readConfigFile(path.trim())
}

/** Reads the settings of a command. If they are wrong, or help is wanted, prints that and returns the exit code. */
export const readCommandLine = async <D extends Common>(
  { worker, common, usage, argv }: CommandLine<D>,
  terminal: Pick<Terminal, 'out' | 'err' | 'env'>,
): Promise<E.Either<ExitCode, Extract<Reading<D>, { readonly _tag: 'Settings' }>>> => {
  const file = await configFileOf(argv, terminal.env)
  const reading = worker.read(common, usage, argv, terminal.env, file)
  switch (reading._tag) {
    case 'Help':
      terminal.out(reading.text)
      return E.left(exitCode.ok)
    case 'Problems':
      return E.left(refuse(usage, reading.problems, terminal))
    case 'Settings': {
      if (!reading.common.printConfig) return E.right(reading)
      const { configText } = await import('./print-config.js')
      terminal.out(configText(usage, reading.shown))
      return E.left(exitCode.ok)
    }
  }
}
