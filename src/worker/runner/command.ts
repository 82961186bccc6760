import { Command, CommanderError } from 'commander'
import { printable, printableLines } from '../../shared/codec/printable.js'
import { bundled, type BundledWorker } from './bundled.js'
import { closest } from '../settings/closest.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import { planCommand } from './plan-command.js'
import { replayCommand } from '../replay/replay-command.js'
import { start } from './start.js'
import type { Terminal } from '../terminal/terminal.js'
import type { DefinedWorker } from './worker.js'

type Starter = (worker: DefinedWorker, argv: readonly string[], terminal: Terminal) => Promise<ExitCode>

export interface CommandOptions {
  readonly version: string
  /** Default: `bundled`. */
  readonly workers?: readonly BundledWorker[]
}

const listed = (workers: readonly BundledWorker[]): string => {
  const width = Math.max(...workers.map(({ name }) => name.length))
  return workers.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')
}

/**
 * `ecs-task-stream …`: finds the worker by name and starts it or prints its plan, or replays a recording. Resolves to
 * the exit code.
 */
export const command = async (
  argv: readonly string[],
  terminal: Terminal,
  { version, workers = bundled }: CommandOptions,
): Promise<ExitCode> => {
  let code: ExitCode = exitCode.ok

  const begin = async (name: string, flags: readonly string[], starter: Starter): Promise<void> => {
    const worker = workers.find((each) => each.name === name)
    if (worker === undefined) {
      const near = closest(name, [...workers.map((each) => each.name), 'plan', 'replay'])
      const hint = near === undefined ? '' : ` Did you mean ${near}?`
      terminal.err(
        `ecs-task-stream: unknown worker "${printable(name)}".${hint} Workers:\n${listed(workers)}\n`,
      )
      code = exitCode.usage
    } else code = await starter(await worker.load(), flags, terminal)
  }

  const output = {
    writeOut: terminal.out,
    // Commander quotes the user's input.
    writeErr: (text: string) => terminal.err(printableLines(text)),
  }
  const program = new Command('ecs-task-stream')
    .description('Amazon ECS task events as a stream, reconciled into load balancers and the like.')
    .usage(
      '<worker> [flags]\n       ecs-task-stream plan <worker> [flags]\n       ecs-task-stream replay <file...> [flags]',
    )
    .version(version)
    .configureOutput(output)
    .exitOverride()
    .enablePositionalOptions()
    .passThroughOptions()
    .argument('[worker]')
    .argument('[flags...]')
    .addHelpText(
      'after',
      `\nWorkers:\n${listed(workers)}\n\n\`ecs-task-stream <worker> --help\` lists a worker's settings.` +
        '\n\nExit codes: 0 stopped, or nothing would change; 1 failed; 2 `plan`: something would change; 64 wrong settings.',
    )
    .action(async (name: string | undefined, flags: readonly string[]) => {
      if (name === undefined) {
        terminal.err(program.helpInformation())
        code = exitCode.usage
      } else await begin(name, flags, start)
    })
  program
    .command('plan')
    .summary('print what a worker would change now: exits 2 if anything, else 0')
    .description('Prints what a worker would change now, from snapshots; reads no queue and writes nothing.')
    .usage('<worker> [flags]')
    .configureOutput(output)
    .exitOverride()
    .passThroughOptions()
    .argument('<worker>')
    .argument('[flags...]')
    .action((name: string, flags: readonly string[]) => begin(name, flags, planCommand))
  program
    .command('replay')
    .summary('print the desired state at any time, from recorded events, and why')
    .usage('<file...> [flags]')
    .configureOutput(output)
    .exitOverride()
    // Its settings are read like a worker's, so that all problems are reported at once.
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .argument('[file...]')
    .action(async (words: readonly string[]) => {
      code = await replayCommand(words, terminal)
    })

  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (thrown) {
    // Commander throws after it has printed the help, the version, or an error about the command line.
    if (!(thrown instanceof CommanderError)) throw thrown
    return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage
  }
}
