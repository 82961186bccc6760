import { Command, CommanderError } from 'commander'
import { printableLines } from '../../shared/codec/printable.js'
import { asksElsewhere } from '../explain/asks-elsewhere.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import { bundled } from './bundled.js'
import type { BundledWorker } from './bundled-worker.js'
import type { DefinedWorker } from './worker.js'

export interface CommandOptions {
  readonly version: string
  /** Default: `bundled`. */
  readonly workers?: readonly BundledWorker[]
}

/** Without a request for help after a command that does not exist, so that its name is what is wrong. */
const meant = (argv: readonly string[], { commands }: Command): string[] => {
  const [first = ''] = argv
  return first.startsWith('-') || commands.some((each) => each.name() === first)
    ? [...argv]
    : argv.slice(0, 1)
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

  /**
   * Adds a command that reads its words itself, so that all problems with its settings are reported at once. `begin`
   * loads what the command needs.
   */
  const leaf = (
    parent: Command,
    {
      name,
      summary,
      hidden = false,
    }: Pick<BundledWorker, 'name' | 'summary'> & { readonly hidden?: boolean },
    begin: (words: readonly string[]) => Promise<ExitCode>,
  ): void => {
    parent
      .command(name, { hidden })
      .summary(summary)
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .argument('[words...]')
      .action(async (words: readonly string[]) => {
        code = await begin(words)
      })
  }

  const program = new Command('ecs-task-stream')
    .description('Amazon ECS task events as a stream, reconciled into load balancers and the like.')
    .usage(
      '<worker> [flags]\n       ecs-task-stream plan|doctor <worker> [flags]\n       ecs-task-stream explain <worker> <question> [flags]\n       ecs-task-stream explain <question> --url <url>|--journal <journal> [flags]\n       ecs-task-stream replay <file...> [flags]\n       ecs-task-stream journal [flags]\n       ecs-task-stream help <worker>',
    )
    .version(version)
    // Commander quotes the user's input.
    .configureOutput({ writeOut: terminal.out, writeErr: (text) => terminal.err(printableLines(text)) })
    .configureHelp({ helpWidth: 120, subcommandTerm: (each) => each.name() })
    .showHelpAfterError()
    .exitOverride()
    .enablePositionalOptions()
    .helpCommand(false)
    .addHelpText(
      'after',
      "\n`ecs-task-stream <worker> --help` lists a worker's settings." +
        '\n\nExit codes: 0 stopped, or nothing would change; 1 failed; 2 `plan`: something would change; 64 wrong settings, or they name what is not there; 69 refused by AWS; 75 stopped, and something was left.',
    )
  program.commandsGroup('Workers:')
  for (const worker of workers)
    leaf(program, worker, async (flags) => {
      const { start } = await import('./start.js')
      return start(await worker.load(), flags, terminal)
    })
  program.commandsGroup('Commands:')
  /** A command that takes a worker and its settings. */
  const aboutWorker = (
    {
      name,
      summary,
      description,
      usage = '<worker> [flags]',
    }: Pick<BundledWorker, 'name' | 'summary'> & { readonly description: string; readonly usage?: string },
    begin: (worker: DefinedWorker, flags: readonly string[]) => Promise<ExitCode>,
  ): void => {
    const parent = program
      .command(name)
      .summary(summary)
      .description(description)
      .usage(usage)
      .helpCommand(false)
      .commandsGroup('Workers:')
    for (const worker of workers) leaf(parent, worker, async (flags) => begin(await worker.load(), flags))
  }
  aboutWorker(
    {
      name: 'plan',
      summary: 'print what a worker would change now: exits 2 if anything, else 0',
      description:
        'Prints what a worker would change now, from snapshots; reads no queue and writes nothing.',
    },
    async (worker, flags) => {
      const { planCommand } = await import('./plan-command.js')
      return planCommand(worker, flags, terminal)
    },
  )
  aboutWorker(
    {
      name: 'explain',
      summary: 'say why a task, an address, a service or a backend is routed, or is not',
      description:
        'Says why a task, an address, a container, a service, a backend or an instance is routed, or is not: from its last event to its records in the targets. Reads no queue and writes nothing. Without a worker, --url asks a running one, and --journal reads what workers have stored.',
      usage:
        '<worker> <question> [flags]\n       ecs-task-stream explain <question> --url <url>|--journal <journal> [flags]',
    },
    async (worker, flags) => {
      const { explainCommand } = await import('../explain/explain-command.js')
      return explainCommand(worker, flags, terminal)
    },
  )
  aboutWorker(
    {
      name: 'doctor',
      summary: 'examine what a worker needs: region, identity, permissions, queue, target',
      description:
        'Examines everything that a worker needs, and prints what it found; reads no queue and writes nothing.',
    },
    async (worker, flags) => {
      const { doctorCommand } = await import('../doctor/doctor-command.js')
      return doctorCommand(worker, flags, terminal)
    },
  )
  const replay = {
    name: 'replay',
    summary: 'print the desired state at any time, from recorded events, and why',
  }
  leaf(program, replay, async (words) => {
    const { replayCommand } = await import('../replay/replay-command.js')
    return replayCommand(words, terminal)
  })
  const journal = { name: 'journal', summary: 'print what a journal holds, as a recording for `replay`' }
  leaf(program, journal, async (words) => {
    const { journalCommand } = await import('../replay/journal-command.js')
    return journalCommand(words, terminal)
  })
  const schema = { name: 'schema', summary: "print the JSON Schema of a worker's configuration file" }
  leaf(program, schema, async (words) => {
    const { schemaCommand } = await import('./schema-command.js')
    return schemaCommand(words, workers, terminal)
  })
  const completion = {
    name: 'completion',
    summary: 'print a script that completes command lines in bash, zsh or fish',
  }
  leaf(program, completion, async (words) => {
    const { completionCommand } = await import('../completion/completion-command.js')
    return completionCommand(words, terminal)
  })
  const help = { name: 'help', summary: 'print the help of a command or a worker' }
  leaf(program, help, (words) => command([...words, '--help'], terminal, { version, workers }))
  // The scripts of `completion` call it.
  const completed = { name: 'complete', summary: 'print what may come next', hidden: true }
  leaf(program, completed, async (words) => {
    const { completeCommand } = await import('../completion/complete-command.js')
    return completeCommand(words, workers, terminal)
  })

  const [called, ...asked] = argv
  if (called === 'explain' && !workers.some(({ name }) => name === asked[0]) && asksElsewhere(asked)) {
    const { explainElsewhere } = await import('../explain/explain-elsewhere.js')
    return explainElsewhere(asked, terminal)
  }
  try {
    await program.parseAsync(meant(argv, program), { from: 'user' })
    return code
  } catch (thrown) {
    // Commander throws after it has printed the help, the version, or an error about the command line.
    if (!(thrown instanceof CommanderError)) throw thrown
    return thrown.exitCode === 0 ? exitCode.ok : exitCode.usage
  }
}
