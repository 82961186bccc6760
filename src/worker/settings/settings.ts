import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { type Origin, readRawSettings, type RawSettings, type Variables } from './raw-settings.js'
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

/** The setting as the user may write it, or where the user has written it. */
const named = (name: string, origin: Origin | undefined): string => {
  switch (origin?._tag) {
    case undefined:
    case 'Flag':
      return `${variableOf(name)} (${flagOf(name)})`
    case 'Variable':
      return `${origin.variable} (${flagOf(name)})`
    case 'File':
      return `${origin.path}: ${name}`
  }
}

/** `t.type` puts the setting's name after the root of the context. */
const nameIn = ({ context }: t.ValidationError): string => context[1]?.key ?? ''

/** Decodes what was given, or returns all problems with it. */
export const decodeSettings = <D extends Declaration>(
  declaration: D,
  { texts, origins }: Pick<RawSettings, 'texts' | 'origins'>,
  check: Check<D> = () => [],
): E.Either<readonly Problem[], SettingsOf<D>> => {
  // The codec would pass on the texts of settings that are declared elsewhere.
  const own = [...texts].filter(([name]) => Object.hasOwn(declaration, name))
  const settings = t.type(declaration).decode(Object.fromEntries(own))
  const malformed = E.isLeft(settings) ? settings.left : []
  const wrong = new Set(malformed.map(nameIn))
  const rest = t.partial(declaration).decode(Object.fromEntries(own.filter(([name]) => !wrong.has(name))))
  const contradictions = E.isRight(rest) ? check(rest.right) : []

  const problems: readonly Problem[] = [
    ...malformed.map((error) => {
      const name = nameIn(error)
      const example = `${variableOf(name)}=${declaration[name]?.example ?? ''}`
      return { where: named(name, origins.get(name)), message: error.message ?? 'malformed', example }
    }),
    ...contradictions.map(({ settings: names, message, example }) => ({
      where: names.map((name) => named(name, origins.get(name))).join(' and '),
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
  const raw = readRawSettings(declaration, argv, { env })
  const settings = decodeSettings(declaration, raw, check)
  if (raw.problems.length === 0) return settings
  return E.left([...raw.problems, ...(E.isLeft(settings) ? settings.left : [])])
}
