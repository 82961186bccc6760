import type { Flags } from './flags.js'
import type { Problem } from './problem.js'
import type { Declaration } from './setting.js'
import { flagOf } from './setting-name.js'
import { unknownFlag } from './unknown-flag.js'

interface Word {
  /** Without the dashes. */
  readonly name: string
  /** The text after `=`; `undefined` without one. */
  readonly value: string | undefined
}

/** A flag has one or two dashes. A single `-` is a word, and `--` ends the flags. */
const flagIn = (word: string): Word | undefined => {
  const parts = /^--?(?<name>[^-=][^=]*|)(?:=(?<value>[\s\S]*))?$/.exec(word)?.groups
  const name = parts?.['name'] ?? ''
  return name === '' ? undefined : { name, value: parts?.['value'] }
}

/**
 * Parses flags as Go's package flag does, for workers that replace a Go program:
 *
 * - `-name web`, `-name=web`, and both with two dashes. A flag takes the word after it, even one with a dash.
 * - A switch stands alone or takes its value after `=`: `-public false` turns the switch on, and `false` is a word.
 * - The first word that is neither flag nor value ends the flags. The rest is ignored with a warning.
 * - A repeated flag replaces the earlier one, and an empty value clears the setting.
 */
export const goFlags = (declaration: Declaration, argv: readonly string[]): Flags => {
  const settings = new Map(
    Object.entries(declaration).map(([name, { isSwitch }]) => [
      flagOf(name).replace(/^--/, ''),
      { name, isSwitch },
    ]),
  )
  const texts = new Map<string, readonly string[]>()
  const problems: Problem[] = []
  const warnings: string[] = []
  let help = false

  const take = (name: string, text: string): void => {
    const [before] = texts.get(name) ?? []
    if (before !== undefined && before !== text)
      warnings.push(`${flagOf(name)} is given more than once: "${text}" replaces "${before}"`)
    texts.set(name, text === '' ? [] : [text])
  }

  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const flag = flagIn(word)
    if (flag === undefined && /^--?[-=]/.test(word) && word !== '--') {
      problems.push({
        where: word,
        message: 'is not a flag: a flag has one or two dashes and a name',
        example: undefined,
      })
      continue
    }
    if (flag === undefined) {
      const ignored = word === '--' ? words : [word, ...words]
      if (ignored.length > 0)
        warnings.push(
          `ignored: ${ignored.join(' ')}. The first word that is not part of a flag ends the flags; a switch takes its value after =, as in -public=false`,
        )
      break
    }
    const setting = settings.get(flag.name)
    if (setting === undefined) {
      if (flag.name === 'help' || flag.name === 'h') help = true
      else problems.push(unknownFlag(word, declaration))
      continue
    }
    const { name, isSwitch } = setting
    if (isSwitch && flag.value === '')
      problems.push({
        where: flagOf(name),
        message: 'missing value after =',
        example: `${flagOf(name)}=true`,
      })
    else if (isSwitch) take(name, flag.value ?? 'true')
    else {
      const value = flag.value ?? words.shift()
      if (value === undefined)
        problems.push({ where: flagOf(name), message: 'missing value', example: undefined })
      else take(name, value)
    }
  }
  return { texts, help, problems, warnings }
}
