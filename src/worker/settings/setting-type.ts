import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'

/** How the text of a setting becomes a value, and back. */
export interface Kind<A> {
  /** Stands for the value in the help, as in `--cluster <names>`. */
  readonly placeholder: string
  /** For people; completes "expected …". */
  readonly expected: string
  /** Whether giving the flag again adds to it. Otherwise giving it twice, differently, is a contradiction. */
  readonly repeats: boolean
  /** Whether its flag may stand without a value. */
  readonly isSwitch?: boolean
  readonly is: t.Is<A>
  /** What exactly is wrong with a text that is no value, where more can be told than `expected` tells. */
  readonly flaw?: (text: string) => string | undefined
  /** Total. A flag without a value is the empty text. */
  parse(text: string): O.Option<A>
  format(value: A): string
}

const single = { repeats: false } as const
const words = t.readonlyArray(t.string)

/** Any text but none. `expected` completes “expected …”. */
export const text = (placeholder: string, expected = `a ${placeholder}`): Kind<string> => ({
  ...single,
  is: t.string.is,
  placeholder,
  expected,
  parse: (given) => (given.trim() === '' ? O.none : O.some(given.trim())),
  format: (value) => value,
})

/** A whole number, bounds included. */
export const integer = ({
  min,
  max,
  unit,
}: {
  readonly min: number
  readonly max: number
  readonly unit: string
}): Kind<number> => ({
  ...single,
  is: t.number.is,
  placeholder: unit,
  expected: `a whole number of ${unit} from ${min} to ${max}`,
  parse: (given) => {
    const value = /^[+-]?\d{1,15}$/.test(given.trim()) ? Number(given) : NaN
    return value >= min && value <= max ? O.some(value) : O.none
  },
  format: String,
})

/** An http or https URL, kept as it was written. */
export const url = (): Kind<string> => ({
  ...single,
  is: t.string.is,
  placeholder: 'url',
  expected: 'an http or https URL',
  parse: (given) => {
    const trimmed = given.trim()
    return /^https?:/i.test(trimmed) && URL.canParse(trimmed) ? O.some(trimmed) : O.none
  },
  format: (value) => value,
})

/** One or more words, separated by commas or blanks; each once, in the order given. */
export const list = (
  placeholder: string,
  expected = `one or more ${placeholder}, separated by commas or blanks`,
): Kind<readonly [string, ...string[]]> => ({
  placeholder,
  repeats: true,
  is: (value): value is readonly [string, ...string[]] => words.is(value) && value.length > 0,
  expected,
  parse: (given) => {
    const [first, ...rest] = new Set(given.split(/[\s,]+/).filter((word) => word !== ''))
    return first === undefined ? O.none : O.some([first, ...rest])
  },
  format: (value) => value.join(','),
})

/** `on` or `off`, or as Go's `strconv.ParseBool` takes it; a flag without a value is on. */
export const onOff = (): Kind<boolean> => ({
  ...single,
  isSwitch: true,
  is: t.boolean.is,
  placeholder: 'on|off',
  expected: 'on or off',
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

/** One word of a few. */
export const oneOf = <const W extends string>(...choices: readonly [W, W, ...W[]]): Kind<W> => ({
  ...single,
  is: (value): value is W => choices.some((choice) => choice === value),
  placeholder: choices.join('|'),
  expected: `one of ${choices.join(', ')}`,
  parse: (given) => O.fromNullable(choices.find((choice) => choice === given.trim())),
  format: (value) => value,
})
