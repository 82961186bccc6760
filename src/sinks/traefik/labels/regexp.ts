import { OptionError } from '../../../core/option-error.js'
/** Regular expressions that Traefik runs in linear time, and JavaScript might not. */

/** A longer label matches no expression. */
const MAX_VALUE_CHARACTERS = 256
/**
 * Each repetition costs a factor of the value's length, and so does the search for a start: a tenth of a second in all.
 */
const MAX_REPETITIONS = 2

interface Group {
  /** Whether the group contains an unbounded repetition or a choice. */
  loose: boolean
}

/** One piece that repetition could apply to: an escape, a class, a parenthesis, a character. */
const piece = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:<[=!]|[=!]|:|<\w+>)|\(|\)|\||./gsu
const repetition = /(?:[*+]|\{\d+(?:,\d*)?\})\??/y
const optional = /\?\??/y

const tooCostly = (expression: string, what: string): OptionError =>
  new OptionError(
    `constraints: expected a regular expression ${what}, got ${JSON.stringify(expression)}: JavaScript could take very long over it; write it with Label, || and &&`,
  )

const assertCheap = (expression: string): void => {
  const groups: Group[] = [{ loose: false }]
  let repetitions = 0
  piece.lastIndex = 0
  for (let found = piece.exec(expression); found !== null; found = piece.exec(expression)) {
    const [token] = found
    const top = groups.at(-1)
    if (/^\(\?<?[=!]/.test(token) || /^\\[1-9k]/.test(token))
      throw tooCostly(expression, 'without look-around and back references, as in Go')
    if (token === '|' && top !== undefined) top.loose = true
    if (token.startsWith('(')) {
      groups.push({ loose: false })
      continue
    }
    const closed = token === ')' ? groups.pop() : undefined
    const around = groups.at(-1)
    if (closed?.loose === true && around !== undefined) around.loose = true
    repetition.lastIndex = optional.lastIndex = piece.lastIndex
    if (repetition.test(expression)) {
      if (closed?.loose === true)
        throw tooCostly(expression, 'that repeats no group with a repetition or a choice in it')
      if (++repetitions > MAX_REPETITIONS)
        throw tooCostly(expression, `with at most ${MAX_REPETITIONS} repetitions`)
      if (around !== undefined) around.loose = true
      piece.lastIndex = repetition.lastIndex
    } else if (optional.test(expression)) piece.lastIndex = optional.lastIndex
  }
}

/**
 * A test for texts of at most 256 characters, with the syntax that Go and JavaScript share, plus Go's `(?i)` at the
 * start and `(?P<name>…)`.
 *
 * @throws OptionError for an invalid expression, and for one that could take more than cubic time in the text's length.
 */
export const linearRegExp = (expression: string): ((text: string) => boolean) => {
  const [prefix = '', flags = ''] = /^\(\?([is]+)\)/.exec(expression) ?? []
  const body = expression.slice(prefix.length).replaceAll('(?P<', '(?<')
  assertCheap(body)
  let compiled: RegExp
  try {
    compiled = new RegExp(body, `u${[...new Set(flags)].join('')}`)
  } catch (thrown) {
    throw new OptionError(
      `constraints: expected a regular expression that JavaScript knows too, got ${JSON.stringify(expression)} (${String(thrown)})`,
      { cause: thrown },
    )
  }
  return (text) => text.length <= MAX_VALUE_CHARACTERS && compiled.test(text)
}
