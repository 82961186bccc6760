import { OptionError } from '../../../core/option-error.js'
import { actionOf, type RuleText } from './action.js'

const MAX_CHARACTERS = 2_000

/** Texts inside an action may contain braces. */
const actionForm = /\{\{(-\s)?((?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|[^"`])*?)(\s-)?\}\}/g

/**
 * The rule of routers without one, such as ``Host(`{{ normalize .Name }}.example.com`)``: a Go template, of which the
 * common subset is supported. An empty template gives an empty rule.
 *
 * @throws OptionError that names what is not supported, and what is.
 */
export const ruleTemplateOf = (rule: string): RuleText => {
  if (rule.length > MAX_CHARACTERS)
    throw new OptionError(`defaultRule: expected at most ${MAX_CHARACTERS} characters, got ${rule.length}`)
  const parts: RuleText[] = []
  const plain = (text: string, trimStart: boolean, trimEnd: boolean): void => {
    if (text.includes('{{')) throw new OptionError('defaultRule: expected }} after every {{, got none')
    const start = trimStart ? text.trimStart() : text
    const trimmed = trimEnd ? start.trimEnd() : start
    parts.push(() => trimmed)
  }
  let from = 0
  let trims = false
  for (const match of rule.matchAll(actionForm)) {
    const [whole, before, action = '', after] = match
    plain(rule.slice(from, match.index), trims, before !== undefined)
    parts.push(actionOf(action))
    from = match.index + whole.length
    trims = after !== undefined
  }
  plain(rule.slice(from), trims, false)
  return (model) => parts.map((part) => part(model)).join('')
}
