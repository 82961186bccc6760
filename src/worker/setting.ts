import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import type { Kind } from './kind.js'

/** What people are told about a setting. */
export interface SettingText {
  /** One sentence, without its full stop. */
  readonly description: string
  /** A value, as one would write it. */
  readonly example: string
}

/** What is the same for settings of every kind. */
export interface SettingFacts extends SettingText {
  readonly required: boolean
  /** What holds when nothing is given; for the help. */
  readonly otherwise: string | undefined
  /** Stands for the value in the help. */
  readonly placeholder: string
}

/**
 * A setting is a codec, from the texts that were given (in their order; `undefined` for nothing) to a value, with words for people.
 * So `t.type` of a declaration reads all settings, infers their types, and tells every failure at once.
 */
export class Setting<A> extends t.Type<A, string | undefined, unknown> implements SettingFacts {
  readonly description: string
  readonly example: string
  readonly placeholder: string

  constructor(
    codec: t.Type<A, string | undefined, unknown>,
    kind: { readonly placeholder: string },
    { description, example }: SettingText,
    readonly required: boolean,
    readonly otherwise: string | undefined,
  ) {
    super(codec.name, codec.is, codec.validate, codec.encode)
    this.description = description
    this.example = example
    this.placeholder = kind.placeholder
  }
}

/** A worker's settings. The name `queueUrl` makes the flag `--queue-url` and the environment variable `QUEUE_URL`. */
export type Declaration = Readonly<Record<string, t.Mixed & SettingFacts>>

/** The values that a declaration promises. */
export type SettingsOf<D extends Declaration> = t.TypeOf<t.TypeC<D>>

const texts = t.readonlyArray(t.string)

/** Errors end up in logs: whatever was pasted there by mistake, a little of it shows what is wrong. */
const shown = (given: string): string => (given.length > 80 ? `${given.slice(0, 80)}…` : given)

const validate =
  <A>({ parse, expected, repeats }: Kind<A>, whenAbsent: O.Option<A>): t.Validate<unknown, A> =>
  (given, context) => {
    if (!texts.is(given))
      return O.isSome(whenAbsent)
        ? t.success(whenAbsent.value)
        : t.failure(given, context, `missing: expected ${expected}`)
    const different = [...new Set(given)]
    if (different.length > 1 && !repeats)
      return t.failure(given, context, `given more than once: ${different.map(shown).join(' and ')}`)
    const joined = different.join(',')
    const value = parse(joined)
    const got = joined.trim() === '' ? 'nothing' : `"${shown(joined)}"`
    return O.isSome(value)
      ? t.success(value.value)
      : t.failure(given, context, `expected ${expected}, got ${got}`)
  }

/** Has to be given. */
export const required = <A>(kind: Kind<A>, text: SettingText): Setting<A> =>
  new Setting(
    new t.Type<A, string, unknown>(kind.expected, kind.is, validate(kind, O.none), (value) =>
      kind.format(value),
    ),
    kind,
    text,
    true,
    undefined,
  )

/** Has a value when it is not given. */
export const defaulted = <A>(kind: Kind<A>, value: A, text: SettingText): Setting<A> =>
  new Setting(
    new t.Type<A, string, unknown>(kind.expected, kind.is, validate(kind, O.some(value)), (given) =>
      kind.format(given),
    ),
    kind,
    text,
    false,
    kind.format(value),
  )

/** May be left out. `otherwise` says in the help what then happens. */
export const optional = <A>(
  kind: Kind<A>,
  text: SettingText & { readonly otherwise?: string },
): Setting<A | undefined> => {
  const is = (value: unknown): value is A | undefined => value === undefined || kind.is(value)
  const whole: Kind<A | undefined> = {
    ...kind,
    is,
    parse: (given) => kind.parse(given),
    format: (value) => (value === undefined ? '' : kind.format(value)),
  }
  return new Setting(
    new t.Type<A | undefined, string | undefined, unknown>(
      kind.expected,
      is,
      validate(whole, O.some(undefined)),
      (value) => (value === undefined ? undefined : kind.format(value)),
    ),
    kind,
    text,
    false,
    text.otherwise,
  )
}
