import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { readRawSettings, type RawSettings, type Variables } from './raw-settings.js'
import type { Problem } from './problem.js'
import type { Declaration, SettingsOf } from './setting.js'
import { flagOf, variableOf } from './setting-name.js'

/** A contradiction between settings that are each well-formed. */
export interface Contradiction {
  /** The names in the declaration. */
  readonly settings: readonly [string, ...string[]]
  readonly message: string
  readonly example: string
}

/**
 * Finds contradictions. It is called even when other settings are missing or malformed (these are `undefined` or their
 * default), so that all problems are reported at once.
 */
export type Check<D extends Declaration> = (settings: t.TypeOf<t.PartialC<D>>) => readonly Contradiction[]

const named = (name: string): string => `${variableOf(name)} (${flagOf(name)})`

/** `t.type` puts the setting's name after the root of the context. */
const nameIn = ({ context }: t.ValidationError): string => context[1]?.key ?? ''

/** Decodes what was given, or returns all problems with it. */
export const decodeSettings = <D extends Declaration>(
  declaration: D,
  { texts }: Pick<RawSettings, 'texts'>,
  check: Check<D> = () => [],
): E.Either<readonly Problem[], SettingsOf<D>> => {
  const settings = t.type(declaration).decode(Object.fromEntries(texts))
  const malformed = E.isLeft(settings) ? settings.left : []
  const wrong = new Set(malformed.map(nameIn))
  const rest = t
    .partial(declaration)
    .decode(Object.fromEntries([...texts].filter(([name]) => !wrong.has(name))))
  const contradictions = E.isRight(rest) ? check(rest.right) : []

  const problems: readonly Problem[] = [
    ...malformed.map((error) => {
      const name = nameIn(error)
      const example = `${variableOf(name)}=${declaration[name]?.example ?? ''}`
      return { where: named(name), message: error.message ?? 'malformed', example }
    }),
    ...contradictions.map(({ settings: names, message, example }) => ({
      where: names.map(named).join(' and '),
      message,
      example,
    })),
  ]
  if (problems.length > 0) return E.left(problems)
  return E.mapLeft((): readonly Problem[] => problems)(settings)
}

/**
 * Reads a declaration's settings from flags and the environment; flags take precedence. Returns the typed values, or
 * *all* problems: missing, malformed, contradictory, unknown. Never throws.
 */
export const readSettings = <D extends Declaration>(
  declaration: D,
  argv: readonly string[],
  env: Variables,
  check?: Check<D>,
): E.Either<readonly Problem[], SettingsOf<D>> => {
  const raw = readRawSettings(declaration, argv, env)
  const settings = decodeSettings(declaration, raw, check)
  if (raw.problems.length === 0) return settings
  return E.left([...raw.problems, ...(E.isLeft(settings) ? settings.left : [])])
}
