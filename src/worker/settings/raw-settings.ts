import { Command, Option } from 'commander'
import * as E from 'fp-ts/lib/Either.js'
import type { Flags, ReadFlags } from './flags.js'
import { closest } from './closest.js'
import { type ConfigFile, configProblems } from './config-file.js'
import type { Problem } from './problem.js'
import type { Declaration, SettingFacts } from './setting.js'
import { flagOf, ownVariableOf, ownPrefix, variableOf } from './setting-name.js'
import { unknownFlag } from './unknown-flag.js'

/** The environment, as in `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>

/** Where the text of a setting comes from. */
export type Origin =
  | { readonly _tag: 'Flag' }
  | { readonly _tag: 'Variable'; readonly variable: string }
  | { readonly _tag: 'File'; readonly path: string }

/**
 * The texts given by flags, the environment and a configuration file, before decoding. Settings that were not given have
 * no entry.
 */
export interface RawSettings extends Flags {
  readonly origins: ReadonlyMap<string, Origin>
  /** Variables that may have been meant differently from how they were read. */
  readonly notes: readonly string[]
}

/** What gives settings beside flags. */
export interface Surroundings {
  readonly env: Variables
  readonly file?: ConfigFile | undefined
}

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

const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === ''

/** Variables that begin with our name, and are probably meant to be a setting. */
const misspelled = (declaration: Declaration, env: Variables): readonly string[] => {
  const own = Object.keys(declaration).map(ownVariableOf)
  return Object.keys(env)
    .filter(
      (variable) => variable.startsWith(ownPrefix) && !own.includes(variable) && !isBlank(env[variable]),
    )
    .flatMap((variable) => {
      const near = closest(variable.slice(ownPrefix.length), Object.keys(declaration).map(variableOf))
      return near === undefined
        ? []
        : [`${variable} is no setting of this worker; did you mean ${ownPrefix}${near}?`]
    })
}

/**
 * Gathers a declaration's settings. Flags override the environment, and that overrides the file. In the environment, the
 * variable with our prefix goes first, then the plain one, then that of the tool that the worker replaces. An empty
 * variable is ignored, and so is a plain one that others use, if it has no value of ours. Never throws.
 */
export const readRawSettings = (
  declaration: Declaration,
  argv: readonly string[],
  { env, file }: Surroundings,
  readFlags: ReadFlags = commonFlags,
): RawSettings => {
  const flags = readFlags(declaration, argv)
  const texts = new Map<string, readonly string[]>()
  const origins = new Map<string, Origin>()
  const notes: string[] = []

  const take = (name: string, given: readonly string[], origin: Origin): void => {
    if (given.length === 0) return
    texts.set(name, given)
    origins.set(name, origin)
  }

  for (const [name, facts] of Object.entries(declaration)) {
    const given = flags.texts.get(name)
    if (given !== undefined) {
      take(name, given, { _tag: 'Flag' })
      continue
    }
    const plain = variableOf(name)
    const variable = [
      ownVariableOf(name),
      plain,
      ...(facts.formerly === undefined ? [] : [facts.formerly]),
    ].find((each) => !isBlank(env[each]))
    const text = variable === undefined ? undefined : env[variable]
    if (variable === undefined || text === undefined) {
      if (file !== undefined) take(name, file.texts.get(name) ?? [], { _tag: 'File', path: file.path })
      continue
    }
    if (variable === plain && facts.isShared && E.isLeft(facts.decode([text])))
      notes.push(
        `${plain} is ignored, because its value is none of ours: ${ownVariableOf(name)} is ours alone`,
      )
    else take(name, [text], { _tag: 'Variable', variable })
  }
  return {
    ...flags,
    texts,
    origins,
    notes: [...notes, ...misspelled(declaration, env)],
    problems: [...flags.problems, ...(file === undefined ? [] : configProblems(file, declaration))],
  }
}
