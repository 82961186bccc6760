import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'

export interface DemoOptions {
  /** How long the cluster changes, in milliseconds; `undefined` for until Ctrl-C. */
  readonly forMs: number | undefined
  /** Determines what happens to the cluster and its events. */
  readonly seed: number
  /** What is shown: a cluster that changes all the time, or one deployment in stages. */
  readonly scene: 'churn' | 'blue-green'
  readonly services: number
  /** The number of workers that share the queue, of which one is killed now and then; `undefined` for a single one. */
  readonly workers: number | undefined
  /** Prints only the outcome. */
  readonly quiet: boolean
  /** Secretly stops the worker half-way, or kills all, or lets it ignore deployments, to test that the demo notices. */
  readonly sabotage: boolean
}

export type Request =
  | { readonly _tag: 'Run'; readonly options: DemoOptions }
  | { readonly _tag: 'Help'; readonly text: string }
  | { readonly _tag: 'Misuse'; readonly text: string }

/** How long the cluster changes if nothing is said: two storms and what follows them, and a few snapshots. */
const defaultMs = 30_000

/** Node's maximum timer delay, about 24 days. */
const longestMs = 2 ** 31 - 1

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }

const duration = (text: string): number => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? []
  const ms = Number(amount) * (unitMs[unit] ?? NaN)
  if (!(ms > 0 && ms <= longestMs))
    throw new InvalidArgumentError('Expected a time with its unit, such as 500ms, 20s or 2m.')
  return ms
}

const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN
    if (!(value >= min && value <= max))
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
    return value
  }

interface Flags {
  readonly for?: number
  readonly endless?: true
  readonly seed?: number
  readonly scene: 'churn' | 'blue-green'
  readonly services: number
  readonly workers?: number
  readonly quiet?: true
  readonly sabotage?: true
}

/** Parses the flags. `anySeed` provides the default seed. */
export const parseOptions = (argv: readonly string[], anySeed: () => number): Request => {
  let said = ''
  const say = (text: string): void => {
    said += text
  }
  const command = new Command('npm start --')
    .description(
      'Simulates an ECS cluster whose task events arrive late, twice, out of order or not at all, and runs the worker that keeps a DynamoDB table in sync with it.',
    )
    .addOption(
      new Option('--for <time>', 'how long to run, such as 500ms, 20s or 2m; 30s by default').argParser(
        duration,
      ),
    )
    .addOption(new Option('--endless', 'run until Ctrl-C').conflicts('for'))
    .addOption(
      new Option('--seed <number>', 'repeats what happened in an earlier run; random by default').argParser(
        wholeNumber(0, 2 ** 32 - 1),
      ),
    )
    .addOption(
      new Option('--scene <name>', 'a cluster that changes all the time, or one canary deployment')
        .choices(['churn', 'blue-green'])
        .default('churn'),
    )
    .addOption(
      new Option('--services <count>', 'number of services in the cluster')
        .default(6)
        .argParser(wholeNumber(1, 50)),
    )
    .addOption(
      new Option(
        '--workers <count>',
        'number of workers on the one queue, which share a journal; now and then one is killed',
      ).argParser(wholeNumber(2, 6)),
    )
    .option('--quiet', 'print only the outcome')
    // For testing that the demo can fail.
    .addOption(new Option('--sabotage', 'stop the worker half-way, or let it ignore deployments').hideHelp())
    .addHelpText(
      'after',
      '\nIt ends by itself, or by Ctrl-C. Exits 1 if table and cluster differ at the end, or with --workers if a live server was ever missing.',
    )
    .configureHelp({ helpWidth: 100 })
    .configureOutput({ writeOut: say, writeErr: say })
    .showHelpAfterError('(see npm start -- --help)')
    .allowExcessArguments(false)
    .exitOverride()

  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return { _tag: error.exitCode === 0 ? 'Help' : 'Misuse', text: said }
  }
  const {
    for: given,
    endless = false,
    seed = anySeed(),
    scene,
    services,
    workers,
    quiet = false,
    sabotage = false,
  } = command.opts<Flags>()
  const forMs = endless ? undefined : (given ?? defaultMs)
  if (sabotage && scene === 'churn' && forMs === undefined)
    return { _tag: 'Misuse', text: 'error: --sabotage needs an end: leave out --endless\n' }
  if (workers !== undefined && scene === 'blue-green')
    return {
      _tag: 'Misuse',
      text: 'error: --workers needs the scene churn: leave out --scene blue-green, which shows one worker\n',
    }
  return { _tag: 'Run', options: { forMs, seed, scene, services, workers, quiet, sabotage } }
}
