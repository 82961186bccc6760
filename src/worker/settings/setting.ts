import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import type { Kind } from './setting-type.js'

/** What people are told about a setting. */
export interface SettingText {
  /** One sentence, without its full stop. */
  readonly description: string
  /** A value, as one would write it. */
  readonly example: string
  /** The variable from which the tool that the worker replaces read it; read where ours is not set. */
  readonly formerly?: string | undefined
  /** The flag of that tool that meant the same, without dashes, where it is spelled otherwise: `config.write-to`. */
  readonly formerFlag?: string | undefined
}

/** What is the same for settings of every kind. */
export interface SettingFacts extends SettingText {
  readonly required: boolean
  /** What holds when nothing is given; for the help. */
  readonly otherwise: string | undefined
  /** Stands for the value in the help. */
  readonly placeholder: string
  /** Whether its flag may stand without a value. */
  readonly isSwitch: boolean
}

const texts = t.readonlyArray(t.string)

/** Errors end up in logs: whatever was pasted there by mistake, a little of it shows what is wrong. */
const shown = (given: string, most = 80): string => (given.length > most ? `${given.slice(0, most)}…` : given)

const validate =
  <A>(kind: Kind<A>, absent: O.Option<A>): t.Validate<unknown, A> =>
  (given, context) => {
    const { expected, repeats } = kind
    if (!texts.is(given))
      return O.isSome(absent)
        ? t.success(absent.value)
        : t.failure(given, context, `missing: expected ${expected}`)
    const different = [...new Set(given)]
    if (different.length > 1 && !repeats)
      return t.failure(
        given,
        context,
        `given more than once: ${different.map((each) => shown(each)).join(' and ')}`,
      )
    const joined = different.join(',')
    const value = kind.parse(joined)
    const got = joined.trim() === '' ? 'nothing' : `"${shown(joined)}"`
    if (O.isSome(value)) return t.success(value.value)
    const flaw = joined.trim() === '' ? undefined : kind.flaw?.(joined)
    return t.failure(
      given,
      context,
      `expected ${expected}, got ${got}${flaw === undefined ? '' : `: ${shown(flaw, 300)}`}`,
    )
  }

/**
 * A setting is a codec, from the texts that were given (in their order; `undefined` for nothing) to a value, with
 * words for people. So `t.type` of a declaration reads all settings, infers their types, and tells every failure at
 * once.
 */
export class Setting<A> extends t.Type<A, string | undefined> implements SettingFacts {
  readonly description: string
  readonly example: string
  readonly formerly: string | undefined
  readonly formerFlag: string | undefined
  readonly placeholder: string
  readonly required: boolean
  readonly isSwitch: boolean

  constructor(
    kind: Kind<A>,
    { description, example, formerly, formerFlag }: SettingText,
    /** Its value when nothing is given; none when it has to be. */
    absent: O.Option<A>,
    readonly otherwise: string | undefined,
  ) {
    super(kind.expected, kind.is, validate(kind, absent), (value) => kind.format(value))
    this.description = description
    this.example = example
    this.formerly = formerly
    this.formerFlag = formerFlag
    this.placeholder = kind.placeholder
    this.required = O.isNone(absent)
    this.isSwitch = kind.isSwitch === true
  }
}

/** A worker's settings. The name `queueUrl` makes the flag `--queue-url` and the environment variable `QUEUE_URL`. */
export type Declaration = Readonly<Record<string, t.Mixed & SettingFacts>>

/** The values that a declaration promises. */
export type SettingsOf<D extends Declaration> = t.TypeOf<t.TypeC<D>>

/** Has to be given. */
export const required = <A>(kind: Kind<A>, text: SettingText): Setting<A> =>
  new Setting(kind, text, O.none, undefined)

/** Has a value when it is not given. */
export const defaulted = <A>(kind: Kind<A>, value: A, text: SettingText): Setting<A> =>
  new Setting(kind, text, O.some(value), kind.format(value))

/** May be left out. `otherwise` says in the help what then holds. */
export const optional = <A>(
  kind: Kind<A>,
  text: SettingText & { readonly otherwise?: string },
): Setting<A | undefined> =>
  new Setting<A | undefined>(
    {
      ...kind,
      is: (value): value is A | undefined => value === undefined || kind.is(value),
      parse: (given) => kind.parse(given),
      format: (value) => (value === undefined ? '' : kind.format(value)),
    },
    text,
    O.some(undefined),
    text.otherwise,
  )
