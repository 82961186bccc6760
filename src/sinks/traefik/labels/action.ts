/** One action of a default rule, i.e. the text between `{{` and `}}`: a small subset of Go's templates. */
import { OptionError } from '../../../core/option-error.js'
import { normalize } from './container-name.js'

export interface RuleModel {
  /** Traefik's name for the container, such as `service-web-app`. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

export type RuleText = (model: RuleModel) => string

/** By name, with the number of arguments. The piped value is the last argument. */
interface TextFunction {
  readonly takes: number
  readonly of: (...texts: readonly [string, string, string]) => string
}

const functions: ReadonlyMap<string, TextFunction> = new Map<string, TextFunction>([
  ['normalize', { takes: 1, of: normalize }],
  ['lower', { takes: 1, of: (text) => text.toLowerCase() }],
  ['upper', { takes: 1, of: (text) => text.toUpperCase() }],
  [
    'trimPrefix',
    { takes: 2, of: (prefix, text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text) },
  ],
  [
    'trimSuffix',
    {
      takes: 2,
      of: (suffix, text) => (text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text),
    },
  ],
  ['replace', { takes: 3, of: (old, by, text) => text.replaceAll(old, () => by) }],
])

const supported = `.Name, index .Labels "key", texts in quotes, parentheses, | and the functions ${[...functions.keys()].join(', ')}`

const tokenForm =
  /\s*(?:(?<field>\.[A-Za-z]\w*)|(?<word>[A-Za-z]\w*)|(?<quoted>"(?:[^"\\\n]|\\["\\])*")|`(?<raw>[^`]*)`|(?<sign>[|()]))/y

type Token =
  | { readonly kind: 'field' | 'word' | 'sign'; readonly value: string }
  | { readonly kind: 'text'; readonly value: string }

const refused = (action: string, what: string): OptionError =>
  new OptionError(`defaultRule: expected ${supported}, got {{${action}}}: ${what}`)

const tokensOf = (action: string): readonly Token[] => {
  const tokens: Token[] = []
  const end = action.trimEnd().length
  tokenForm.lastIndex = 0
  while (tokenForm.lastIndex < end) {
    const at = tokenForm.lastIndex
    const groups = tokenForm.exec(action)?.groups
    if (groups === undefined)
      throw refused(action, `unexpected ${JSON.stringify(action.slice(at).trim().charAt(0))}`)
    const { field, word, quoted, raw, sign } = groups
    if (field !== undefined) tokens.push({ kind: 'field', value: field })
    else if (word !== undefined) tokens.push({ kind: 'word', value: word })
    else if (quoted !== undefined)
      tokens.push({ kind: 'text', value: quoted.slice(1, -1).replace(/\\(.)/g, '$1') })
    else if (raw !== undefined) tokens.push({ kind: 'text', value: raw })
    else tokens.push({ kind: 'sign', value: sign ?? '' })
  }
  return tokens
}

/** Parses one action: commands joined by pipes, each of which passes its result as the last argument of the next. */
class ActionParser {
  private readonly tokens: readonly Token[]
  private next = 0

  constructor(private readonly action: string) {
    this.tokens = tokensOf(action)
  }

  whole(): RuleText {
    const template = this.pipeline()
    const rest = this.tokens[this.next]
    if (rest !== undefined) throw this.refused(`unexpected ${JSON.stringify(rest.value)}`)
    return template
  }

  private pipeline(): RuleText {
    let template = this.command(undefined)
    while (this.takes('|')) template = this.command(template)
    return template
  }

  private command(piped: RuleText | undefined): RuleText {
    const token = this.tokens[this.next]
    if (token?.kind !== 'word') {
      if (piped !== undefined) throw this.refused('expected a function after |')
      return this.operand()
    }
    this.next++
    if (token.value === 'index') return this.index(piped)
    const known = functions.get(token.value)
    if (known === undefined) throw this.refused(`unknown function "${token.value}"`)
    const texts: RuleText[] = []
    while (this.startsOperand()) texts.push(this.operand())
    if (piped !== undefined) texts.push(piped)
    if (texts.length !== known.takes)
      throw this.refused(`"${token.value}" takes ${known.takes} texts, got ${texts.length}`)
    return (model) => {
      const [one = '', two = '', three = ''] = texts.map((text) => text(model))
      return known.of(one, two, three)
    }
  }

  private index(piped: RuleText | undefined): RuleText {
    const map = this.tokens[this.next++]
    if (map?.kind !== 'field' || map.value !== '.Labels') throw this.refused('expected .Labels after index')
    const key = piped ?? this.operand()
    return (model) => {
      const label = key(model)
      return Object.hasOwn(model.labels, label) ? (model.labels[label] ?? '') : ''
    }
  }

  private startsOperand(): boolean {
    const token = this.tokens[this.next]
    return token !== undefined && (token.kind === 'field' || token.kind === 'text' || token.value === '(')
  }

  private operand(): RuleText {
    const token = this.tokens[this.next++]
    if (token?.kind === 'text') return () => token.value
    if (token?.kind === 'field') {
      if (token.value === '.Name') return ({ name }) => name
      throw this.refused(`unknown field ${token.value}`)
    }
    if (token?.kind === 'sign' && token.value === '(') {
      const inner = this.pipeline()
      if (!this.takes(')')) throw this.refused('expected ")"')
      return inner
    }
    throw this.refused(token === undefined ? 'nothing to print' : `unexpected ${JSON.stringify(token.value)}`)
  }

  private takes(sign: string): boolean {
    const token = this.tokens[this.next]
    if (token?.kind !== 'sign' || token.value !== sign) return false
    this.next++
    return true
  }

  private refused(what: string): OptionError {
    return refused(this.action, what)
  }
}

/** @throws OptionError that names what is not supported, and what is. */
export const actionOf = (action: string): RuleText => new ActionParser(action).whole()
