import * as E from 'fp-ts/lib/Either.js'
import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import type { Kind } from './kind.js'

/** What people are told about a setting. */
export interface SettingText {
  /** One sentence, without a full stop. */
  readonly description: string
  /** A value, as one would write it. */
  readonly example: string
}

/** What is the same for settings of every kind. */
export interface SettingFacts extends SettingText {
  readonly presence: 'required' | 'optional'
  /** For the help: what holds when nothing is given. */
  readonly otherwise: string | undefined
  readonly placeholder: string
  readonly repeats: boolean
}

/**
 * A setting is a codec from what was given (every text in its order, or `undefined` for nothing) to a value, with words for
 * people. So `t.type` of a declaration reads all settings, infers their types, and tells every failure at once.
 */
export interface Setting<A> extends t.Type<A, string, unknown>, SettingFacts {}

/** A worker's settings by name. The name `queueUrl` makes the flag `--queue-url` and the environment variable `QUEUE_URL`. */
export type Declaration = Readonly<Record<string, t.Mixed & SettingFacts>>

/** The values that a declaration promises. */
export type SettingsOf<D extends Declaration> = t.TypeOf<t.TypeC<D>>

const texts = t.readonlyArray(t.string)

const truncated = (given: string): string => (given.length > 80 ? `${given.slice(0, 80)}…` : given)

const codec = <A>(
  { parse, format, expected, repeats }: Kind<A>,
  whenAbsent: () => O.Option<A>,
  is: t.Is<A>,
): t.Type<A, string, unknown> =>
  new t.Type<A, string, unknown>(
    expected,
    is,
    (given, context) => {
      if (!texts.is(given)) {
        const absent = whenAbsent()
        return O.isSome(absent)
          ? t.success(absent.value)
          : t.failure(given, context, `missing; expected ${expected}`)
      }
      const different = [...new Set(given)]
      const [value = ''] = different
      if (repeats) return parsed(different.join(','))
      return different.length > 1
        ? t.failure(given, context, `given more than once: ${different.map(truncated).join(' and ')}`)
        : parsed(value)

      function parsed(words: string): t.Validation<A> {
        const result = parse(words)
        const got = words.trim() === '' ? 'no value' : `"${truncated(words)}"`
        return O.isSome(result)
          ? t.success(result.value)
          : t.failure(given, context, `expected ${expected}, got ${got}`)
      }
    },
    format,
  )
