import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import type { SettingType, ValueSchema } from './setting-type.js'

/** The texts about a setting, for people. */
export interface SettingText {
  /** One sentence, without its full stop. */
  readonly description: string
  /** An example value, as a user would write it. */
  readonly example: string
  /** The variable of the tool that the worker replaces; read if the setting's own variable is not set. */
  readonly formerly?: string | undefined
  /** The flag of that tool, without dashes, if it is spelled differently: `config.write-to`. */
  readonly formerFlag?: string | undefined
  /** Whether other programs use the plain variable, too, so that a value which is none of ours is ignored there. */
  readonly isShared?: boolean
  /** Whether its value is secret: it is in no message, and not printed with the configuration. */
  readonly isSecret?: boolean
}

/** The properties of a setting that do not depend on its type. */
export interface SettingFacts extends SettingText {
  readonly required: boolean
  /** What applies if the setting is not given, for the help. */
  readonly otherwise: string | undefined
  /** The placeholder for the value in the help. */
  readonly placeholder: string
  /** Whether the flag may have no value. */
  readonly isSwitch: boolean
  readonly isShared: boolean
  readonly isSecret: boolean
  /** The values in a configuration file, as JSON Schema. */
  readonly schema: ValueSchema
}

const texts = t.readonlyArray(t.string)

/** Shortens a value for an error message: messages are logged, and the user may have pasted anything by mistake. */
const shown = (given: string, most = 80): string => (given.length > most ? `${given.slice(0, most)}…` : given)

const validate =
  <A>(type: SettingType<A>, absent: O.Option<A>, isSecret: boolean): t.Validate<unknown, A> =>
  (given, context) => {
    const { expected, repeats } = type
    if (!texts.is(given))
      return O.isSome(absent)
        ? t.success(absent.value)
        : t.failure(given, context, `missing: expected ${expected}`)
    const different = [...new Set(given)]
    if (different.length > 1 && !repeats)
      return t.failure(
        given,
        context,
        isSecret
          ? 'given more than once'
          : `given more than once: ${different.map((each) => shown(each)).join(' and ')}`,
      )
    const joined = different.join(',')
    const value = type.parse(joined)
    const got = joined.trim() === '' ? 'nothing' : isSecret ? 'something else' : `"${shown(joined)}"`
    if (O.isSome(value)) return t.success(value.value)
    const flaw = joined.trim() === '' || isSecret ? undefined : type.flaw?.(joined)
    return t.failure(
      given,
      context,
      `expected ${expected}, got ${got}${flaw === undefined ? '' : `: ${shown(flaw, 300)}`}`,
    )
  }

/**
 * A codec from the texts given for a setting (in order; `undefined` if none) to its value, with descriptions for
 * people. `t.type` of a declaration therefore decodes all settings, infers their types, and reports all failures at
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
  readonly isShared: boolean
  readonly isSecret: boolean
  readonly schema: ValueSchema

  constructor(
    type: SettingType<A>,
    { description, example, formerly, formerFlag, isShared = false, isSecret = false }: SettingText,
    /** The value if the setting is not given; `none` if it is required. */
    absent: O.Option<A>,
    readonly otherwise: string | undefined,
  ) {
    super(type.expected, type.is, validate(type, absent, isSecret), (value) => type.format(value))
    this.description = description
    this.example = example
    this.formerly = formerly
    this.formerFlag = formerFlag
    this.placeholder = type.placeholder
    this.required = O.isNone(absent)
    this.isSwitch = type.isSwitch === true
    this.isShared = isShared
    this.isSecret = isSecret
    this.schema = type.schema ?? { type: 'string' }
  }
}

/** A worker's settings. The name `queueUrl` makes the flag `--queue-url` and the environment variable `QUEUE_URL`. */
export type Declaration = Readonly<Record<string, t.Mixed & SettingFacts>>

/** The values of a declaration. */
export type SettingsOf<D extends Declaration> = t.TypeOf<t.TypeC<D>>

/** A setting that must be given. */
export const required = <A>(type: SettingType<A>, text: SettingText): Setting<A> =>
  new Setting(type, text, O.none, undefined)

/** A setting with a default value. */
export const defaulted = <A>(type: SettingType<A>, value: A, text: SettingText): Setting<A> =>
  new Setting(type, text, O.some(value), type.format(value))

/** A setting that may be left out. `otherwise` says in the help what applies then. */
export const optional = <A>(
  type: SettingType<A>,
  text: SettingText & { readonly otherwise?: string },
): Setting<A | undefined> =>
  new Setting<A | undefined>(
    {
      ...type,
      is: (value): value is A | undefined => value === undefined || type.is(value),
      parse: (given) => type.parse(given),
      format: (value) => (value === undefined ? '' : type.format(value)),
    },
    text,
    O.some(undefined),
    text.otherwise,
  )
