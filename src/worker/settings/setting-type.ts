import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'

/** A JSON Schema of what may stand for a value in a configuration file. */
export interface ValueSchema {
  readonly type?: 'string' | 'integer' | 'boolean' | 'array' | readonly ('string' | 'integer')[]
  readonly enum?: readonly (string | boolean)[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly items?: ValueSchema
  readonly minItems?: number
  readonly anyOf?: readonly ValueSchema[]
}

/** Converts the text of a setting to a value, and back. */
export interface SettingType<A> {
  /** The placeholder for the value in the help, as in `--cluster <names>`. */
  readonly placeholder: string
  /** For people; completes "expected …". */
  readonly expected: string
  /** Whether repeating the flag adds values. Otherwise two different values are a contradiction. */
  readonly repeats: boolean
  /** Whether the flag may have no value. */
  readonly isSwitch?: boolean
  /** Default: any text. */
  readonly schema?: ValueSchema
  readonly is: t.Is<A>
  /** What is wrong with an invalid text, if that can be said more precisely than `expected` does. */
  readonly flaw?: (text: string) => string | undefined
  /** Never throws. A flag without a value is an empty text. */
  parse(text: string): O.Option<A>
  format(value: A): string
}

const single = { repeats: false } as const
const words = t.readonlyArray(t.string)

/** Any non-empty text. `expected` completes “expected …”. */
export const text = (placeholder: string, expected = `a ${placeholder}`): SettingType<string> => ({
  ...single,
  is: t.string.is,
  placeholder,
  expected,
  parse: (given) => (given.trim() === '' ? O.none : O.some(given.trim())),
  format: (value) => value,
})

/** An integer between `min` and `max`, inclusive. */
export const integer = ({
  min,
  max,
  unit,
}: {
  readonly min: number
  readonly max: number
  readonly unit: string
}): SettingType<number> => ({
  ...single,
  is: t.number.is,
  placeholder: unit,
  expected: `a whole number of ${unit} from ${min} to ${max}`,
  schema: { type: 'integer', minimum: min, maximum: max },
  parse: (given) => {
    const value = /^[+-]?\d{1,15}$/.test(given.trim()) ? Number(given) : NaN
    return value >= min && value <= max ? O.some(value) : O.none
  },
  format: String,
})

/** An http or https URL, kept as written. */
export const url = (): SettingType<string> => ({
  ...single,
  is: t.string.is,
  placeholder: 'url',
  expected: 'an http or https URL',
  schema: { type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?:' },
  parse: (given) => {
    const trimmed = given.trim()
    return /^https?:/i.test(trimmed) && URL.canParse(trimmed) ? O.some(trimmed) : O.none
  },
  format: (value) => value,
})

/** One or more words, separated by commas or blanks, without duplicates, in the order given. */
export const list = (
  placeholder: string,
  expected = `one or more ${placeholder}, separated by commas or blanks`,
): SettingType<readonly [string, ...string[]]> => ({
  placeholder,
  repeats: true,
  is: (value): value is readonly [string, ...string[]] => words.is(value) && value.length > 0,
  expected,
  schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
  parse: (given) => {
    const [first, ...rest] = new Set(given.split(/[\s,]+/).filter((word) => word !== ''))
    return first === undefined ? O.none : O.some([first, ...rest])
  },
  format: (value) => value.join(','),
})

/** `on` or `off`, or any value that Go's `strconv.ParseBool` accepts; a flag without a value is on. */
export const onOff = (): SettingType<boolean> => ({
  ...single,
  isSwitch: true,
  is: t.boolean.is,
  placeholder: 'on|off',
  expected: 'on or off',
  schema: { enum: [true, false, 'on', 'off'] },
  parse: (given) => {
    switch (given.trim().toLowerCase()) {
      case '':
      case 'on':
      case 'true':
      case 't':
      case 'yes':
      case '1':
        return O.some(true)
      case 'off':
      case 'false':
      case 'f':
      case 'no':
      case '0':
        return O.some(false)
      default:
        return O.none
    }
  },
  format: (value) => (value ? 'on' : 'off'),
})

/** One of the given words. */
export const oneOf = <const W extends string>(...choices: readonly [W, W, ...W[]]): SettingType<W> => ({
  ...single,
  is: (value): value is W => choices.some((choice) => choice === value),
  placeholder: choices.join('|'),
  schema: { enum: choices },
  expected: `one of ${choices.join(', ')}`,
  parse: (given) => O.fromNullable(choices.find((choice) => choice === given.trim())),
  format: (value) => value,
})
