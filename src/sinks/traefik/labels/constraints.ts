/** Traefik's constraint expressions over a container's labels. */
import { OptionError } from '../../../core/option-error.js'
import { linearRegExp } from './regexp.js'

type Labels = Readonly<Record<string, string>>

/** Whether to expose a container, by its labels. */
export type Constraint = (labels: Labels) => boolean

/** Longer than any real expression, and short enough to parse recursively. */
const MAX_CHARACTERS = 2_000

interface Token {
  readonly kind: 'name' | 'text' | 'sign' | 'end'
  readonly value: string
  readonly at: number
}

const tokenForm =
  /\s*(?:(?<name>[A-Za-z_]\w*)|(?<quoted>"(?:[^"\\\n]|\\.)*")|`(?<raw>[^`]*)`|(?<sign>&&|\|\||[!(),])|(?<end>$))/y

/** As in Go: backslash and double quote, control characters, and code points by number. */
const unquoted = (quoted: string, at: number): string =>
  quoted
    .slice(1, -1)
    .replace(
      /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/g,
      (_, byte?: string, code?: string, one?: string) => {
        if (byte !== undefined || code !== undefined)
          return String.fromCharCode(parseInt(byte ?? code ?? '', 16))
        const known = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"' }[one ?? '']
        if (known === undefined)
          throw new OptionError(
            `constraints: expected an escape such as \\\\ or \\", got \\${one ?? ''} in the text at character ${at + 1}: write it between backquotes`,
          )
        return known
      },
    )

const tokensOf = (expression: string): readonly Token[] => {
  const tokens: Token[] = []
  tokenForm.lastIndex = 0
  for (;;) {
    const at = tokenForm.lastIndex
    const { name, quoted, raw, sign } = tokenForm.exec(expression)?.groups ?? { sign: 'none' }
    if (name !== undefined) tokens.push({ kind: 'name', value: name, at })
    else if (quoted !== undefined) tokens.push({ kind: 'text', value: unquoted(quoted, at), at })
    else if (raw !== undefined) tokens.push({ kind: 'text', value: raw, at })
    else if (sign === 'none')
      throw new OptionError(
        `constraints: expected Label, LabelRegex, a text in quotes, &&, ||, ! or a parenthesis at character ${at + 1}, got ${JSON.stringify(expression.slice(at).trim().charAt(0))}`,
      )
    else if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, at })
    else return [...tokens, { kind: 'end', value: 'the end', at }]
  }
}

/** Parses `||`, `&&`, negations, calls and parentheses, with Go's precedence. */
class ConstraintParser {
  private next = 0

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Constraint {
    const constraint = this.either()
    if (this.peek().kind !== 'end') this.expected('&&, || or the end')
    return constraint
  }

  private either(): Constraint {
    const terms = [this.both()]
    while (this.takes('||')) terms.push(this.both())
    return (labels) => terms.some((term) => term(labels))
  }

  private both(): Constraint {
    const factors = [this.factor()]
    while (this.takes('&&')) factors.push(this.factor())
    return (labels) => factors.every((factor) => factor(labels))
  }

  private factor(): Constraint {
    if (this.takes('!')) {
      const negated = this.factor()
      return (labels) => !negated(labels)
    }
    if (this.takes('(')) {
      const inner = this.either()
      this.needs(')')
      return inner
    }
    const { kind, value: name } = this.peek()
    if (kind !== 'name' || (name !== 'Label' && name !== 'LabelRegex'))
      this.expected('Label(…) or LabelRegex(…)')
    this.next++
    this.needs('(')
    const label = this.text()
    this.needs(',')
    const value = this.text()
    this.needs(')')
    // As in Traefik, a missing label counts as an empty text.
    if (name === 'Label') return (labels) => valueOf(labels, label) === value
    const matches = linearRegExp(value)
    return (labels) => matches(valueOf(labels, label))
  }

  private text(): string {
    const { kind, value } = this.peek()
    if (kind !== 'text') this.expected('a text in double quotes or backquotes')
    this.next++
    return value
  }

  private takes(sign: string): boolean {
    const { kind, value } = this.peek()
    if (kind !== 'sign' || value !== sign) return false
    this.next++
    return true
  }

  private needs(sign: string): void {
    if (!this.takes(sign)) this.expected(`"${sign}"`)
  }

  private peek(): Token {
    return this.tokens[this.next] ?? { kind: 'end', value: 'the end', at: 0 }
  }

  private expected(what: string): never {
    const { kind, value, at } = this.peek()
    throw new OptionError(
      `constraints: expected ${what} at character ${at + 1}, got ${kind === 'end' ? value : JSON.stringify(value)}`,
    )
  }
}

const valueOf = (labels: Labels, label: string): string =>
  Object.hasOwn(labels, label) ? (labels[label] ?? '') : ''

/**
 * An expression such as ``Label(`stage`, `production`) && !LabelRegex("team", "^test-")``. The empty expression matches
 * everything.
 *
 * @throws OptionError with the position, what was expected there, and what was found.
 */
export const constraintOf = (expression: string): Constraint => {
  if (expression.trim() === '') return () => true
  if (expression.length > MAX_CHARACTERS)
    throw new OptionError(
      `constraints: expected at most ${MAX_CHARACTERS} characters, got ${expression.length}`,
    )
  return new ConstraintParser(tokensOf(expression)).whole()
}
