import { Command, Option } from 'commander'
import type { Flags, ReadFlags } from './flags.js'
import type { Problem } from './problem.js'
import type { Declaration, SettingFacts } from './setting.js'
import { flagOf, variableOf } from './setting-name.js'
import { unknownFlag } from './unknown-flag.js'

/** The environment, as in `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>

/** The texts given by flags and the environment, before decoding. Settings that were not given have no entry. */
export type RawSettings = Flags

const described = (name: string, facts: SettingFacts): string =>
  [
    `${facts.description}.`,
    facts.required ? 'Required.' : facts.otherwise === undefined ? '' : `Default: ${facts.otherwise}.`,
    `[${variableOf(name)}=${facts.example}]`,
  ]
    .filter((part) => part !== '')
    .join(' ')

/** The flags of a declaration. Calls `take` for each flag it parses, with an empty text for a flag without a value. */
export const flagsOf = (declaration: Declaration, take: (name: string, text: string) => void): Command => {
  const command = new Command().helpOption(false).allowUnknownOption().allowExcessArguments()
  for (const [name, facts] of Object.entries(declaration)) {
    // Every value is optional to the parser, so that missing ones are reported together with all other problems.
    const former = facts.formerFlag === undefined ? '' : `--${facts.formerFlag}, `
    const flag = new Option(`${former}${flagOf(name)} [${facts.placeholder}]`, described(name, facts))
    command.addOption(flag.preset('').argParser((text) => take(name, text)))
  }
  return command
}

/**
 * Accepts `-name` for `--name`, as Go's flag package does, for the command lines of the tools that some workers
 * replace. No value is lost, because a word that looks like a flag is never a value unless it follows `=`.
 */
const withTwoDashes = (word: string, flags: ReadonlySet<string | undefined>): string => {
  const [flag = ''] = word.split('=', 1)
  return flags.has(`-${flag}`) ? `-${word}` : word
}

/** Leaves out the word after an unknown flag: it is probably the flag's value, and not a problem of its own. */
const strayWords = (words: readonly string[]): readonly string[] =>
  words.filter((word, i) => {
    const previous = words[i - 1]
    return word.startsWith('-') || previous?.startsWith('-') !== true || previous.includes('=')
  })

const strayProblem = (word: string, declaration: Declaration): Problem =>
  word.startsWith('-')
    ? unknownFlag(word, declaration)
    : { where: word, message: 'unexpected argument', example: undefined }

/** Parses flags as most commands do: in any order among other words, with the value after a blank or `=`. */
export const commonFlags: ReadFlags = (declaration, argv) => {
  const texts = new Map<string, string[]>()
  const command = flagsOf(declaration, (name, text) => {
    texts.set(name, [...(texts.get(name) ?? []), text])
  })
  const known = new Set(['--help', ...command.options.flatMap(({ short, long }) => [short, long])])
  const { operands, unknown } = command.parseOptions(argv.map((word) => withTwoDashes(word, known)))
  const isHelp = (word: string): boolean => word === '--help' || word === '-h'
  const stray = [...strayWords(operands), ...strayWords(unknown.filter((word) => !isHelp(word)))]
  return {
    texts,
    help: unknown.some(isHelp),
    problems: stray.map((word) => strayProblem(word, declaration)),
    warnings: [],
  }
}

/** Gathers a declaration's settings. Flags override the environment; an empty variable is ignored. Never throws. */
export const readRawSettings = (
  declaration: Declaration,
  argv: readonly string[],
  env: Variables,
  readFlags: ReadFlags = commonFlags,
): RawSettings => {
  const flags = readFlags(declaration, argv)
  const texts = new Map<string, readonly string[]>()
  for (const [name, { formerly }] of Object.entries(declaration)) {
    const variable = [variableOf(name), ...(formerly === undefined ? [] : [formerly])]
      .map((each) => env[each])
      .find((text) => text !== undefined && text.trim() !== '')
    const found = flags.texts.get(name) ?? (variable === undefined ? [] : [variable])
    if (found.length > 0) texts.set(name, found)
  }
  return { ...flags, texts }
}
