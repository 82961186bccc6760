import { Command, Option } from 'commander'
import { closest } from './closest.js'
import type { Problem } from './problem.js'
import type { Declaration, SettingFacts } from './setting.js'
import { flagOf, variableOf } from './setting-name.js'

/** The environment, as in `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>

/** What a person gave, before anything is made of it. */
export interface Given {
  /** By setting, its texts in their order. Nothing given: no entry. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** Whether the flags ask for the help. */
  readonly help: boolean
  /** Words that belong to no setting. */
  readonly problems: readonly Problem[]
}

const described = (name: string, facts: SettingFacts): string =>
  [
    `${facts.description}.`,
    facts.required ? 'Required.' : facts.otherwise === undefined ? '' : `Default: ${facts.otherwise}.`,
    `[${variableOf(name)}=${facts.example}]`,
  ]
    .filter((part) => part !== '')
    .join(' ')

/**
 * The flags of a declaration. `take` is called for each that is met; the empty text stands for a flag without a
 * value.
 */
export const flagsOf = (declaration: Declaration, take: (name: string, text: string) => void): Command => {
  const command = new Command().helpOption(false).allowUnknownOption().allowExcessArguments()
  for (const [name, facts] of Object.entries(declaration)) {
    // Every value is optional to the parser, so that one that is missing is told together with everything else.
    const flag = new Option(`${flagOf(name)} [${facts.placeholder}]`, described(name, facts))
    command.addOption(flag.preset('').argParser((text) => take(name, text)))
  }
  return command
}

/**
 * Go's flag package knows no short flags and takes `-name` for `--name`: so do we, for the command lines of the tools
 * that some workers replace. No value is lost by it, since what looks like a flag is none unless it follows `=`.
 */
const withTwoDashes = (word: string, flags: ReadonlySet<string>): string => {
  const [flag = ''] = word.split('=', 1)
  return flags.has(`-${flag}`) ? `-${word}` : word
}

/** The next word after an unknown flag is probably its value, and not worth a problem of its own. */
const strayWords = (words: readonly string[]): readonly string[] =>
  words.filter((word, i) => {
    const previous = words[i - 1]
    return word.startsWith('-') || previous?.startsWith('-') !== true || previous.includes('=')
  })

const strayProblem = (word: string, declaration: Declaration): Problem => {
  const [flag = word] = word.split('=', 1)
  const near = closest(flag.replace(/^-+/, '--'), ['--help', ...Object.keys(declaration).map(flagOf)])
  const hint = near === undefined ? 'see --help for those that there are' : `did you mean ${near}?`
  return word.startsWith('-')
    ? { where: flag, message: `no such flag; ${hint}`, example: undefined }
    : { where: word, message: 'belongs to no flag', example: undefined }
}

/** Gathers a declaration's settings: flags win over the environment; an empty variable counts as not set. Total. */
export const given = (declaration: Declaration, argv: readonly string[], env: Variables): Given => {
  const flags = new Map<string, string[]>()
  const command = flagsOf(declaration, (name, text) => {
    flags.set(name, [...(flags.get(name) ?? []), text])
  })
  const known = new Set(['--help', ...Object.keys(declaration).map(flagOf)])
  const { operands, unknown } = command.parseOptions(argv.map((word) => withTwoDashes(word, known)))
  const isHelp = (word: string): boolean => word === '--help' || word === '-h'
  const stray = [...strayWords(operands), ...strayWords(unknown.filter((word) => !isHelp(word)))]

  const texts = new Map<string, readonly string[]>()
  for (const [name, { formerly }] of Object.entries(declaration)) {
    const variable = [variableOf(name), ...(formerly === undefined ? [] : [formerly])]
      .map((each) => env[each])
      .find((text) => text !== undefined && text.trim() !== '')
    const found = flags.get(name) ?? (variable === undefined ? undefined : [variable])
    if (found !== undefined) texts.set(name, found)
  }
  return {
    texts,
    help: unknown.some(isHelp),
    problems: stray.map((word) => strayProblem(word, declaration)),
  }
}
