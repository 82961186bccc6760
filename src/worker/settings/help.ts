import { flagsOf } from './raw-settings.js'
import type { Declaration } from './setting.js'

/**
 * The help of a command with settings: what it does, its flags with their variables, defaults and an example each.
 */
export const helpOf = (usage: string, summary: string, declaration: Declaration): string =>
  flagsOf(declaration, () => undefined)
    .name(usage)
    .description(`${summary}.`)
    .usage('[flags]')
    .configureHelp({
      helpWidth: 100,
      // The parser takes every value for optional; see `flagsOf`.
      optionTerm: ({ flags }) => flags.replace('[', '<').replace(']', '>'),
      // Only to have a default said once: the description says it.
      optionDescription: ({ description }) => description,
    })
    .helpInformation()
    .concat('\nFlags win over the environment. In brackets: the variable, and an example.\n')
