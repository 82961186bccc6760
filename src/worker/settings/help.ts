import { flagsOf } from './raw-settings.js'
import type { Declaration } from './setting.js'

/** The help text of a command: what it does, and its flags with variables, defaults and examples. */
export const helpOf = (usage: string, summary: string, declaration: Declaration): string =>
  flagsOf(declaration, () => undefined)
    .name(usage)
    .description(`${summary}.`)
    .usage('[flags]')
    .configureHelp({
      helpWidth: 100,
      // Without the flag of a former tool. To the parser, every value is optional; see `flagsOf`.
      optionTerm: ({ flags }) => flags.replace(/^.*, /, '').replace('[', '<').replace(']', '>'),
      // The description already contains the default.
      optionDescription: ({ description }) => description,
    })
    .helpInformation()
    .concat('\nFlags override the environment. In brackets: the variable, with an example.\n')
