import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'

export interface DemoOptions {
  /** How long things happen to the cluster, in milliseconds; undefined for until Ctrl-C. */
  readonly forMs: number | undefined
  /** Decides what happens to the cluster and to its events, and nothing else does. */
  readonly seed: number
  readonly services: number
  /** Prints the outcome alone. */
  readonly quiet: boolean
  /** Stops the worker half-way and tells nobody, which the demo has to notice. */
  readonly sabotage: boolean
}

export type Request =
  | { readonly _tag: 'Run'; readonly options: DemoOptions }
  | { readonly _tag: 'Help'; readonly text: string }
  | { readonly _tag: 'Misuse'; readonly text: string }

/** The longest timer that Node has, about 24 days. */
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
  readonly seed?: number
  readonly services: number
  readonly quiet?: true
  readonly sabotage?: true
}

/**
 * What the flags ask for. `anySeed` gives the seed of a run that names none.
 */
export const parseOptions = (argv: readonly string[], anySeed: () => number): Request => {
  let said = ''
  const say = (text: string): void => {
    said += text
  }
  const command = new Command('npm start --')
    .description(
      'A simulated ECS cluster whose task events come late, twice, out of order or not at all, and the worker that keeps a DynamoDB table true to it.',
    )
    .addOption(new Option('--for <time>', 'how long, such as 500ms, 20s or 2m').argParser(duration))
    .addOption(
      new Option('--seed <number>', 'repeats what happens in a run; any by default').argParser(
        wholeNumber(0, 2 ** 32 - 1),
      ),
    )
    .addOption(
      new Option('--services <count>', 'services of the cluster').default(6).argParser(wholeNumber(1, 50)),
    )
    .option('--quiet', 'print the outcome alone')
    // For the test of the demo itself: it must be able to fail.
    .addOption(new Option('--sabotage', 'stop the worker half-way').hideHelp())
    .addHelpText(
      'after',
      '\nWithout --for it runs until Ctrl-C. Exits 1 if table and cluster do not agree in the end.',
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
  const { for: forMs, seed = anySeed(), services, quiet = false, sabotage = false } = command.opts<Flags>()
  if (sabotage && forMs === undefined)
    return { _tag: 'Misuse', text: 'error: --sabotage has no half-way without --for\n' }
  return { _tag: 'Run', options: { forMs, seed, services, quiet, sabotage } }
}
