import { closest } from './closest.js'
import type { Problem } from './problem.js'
import type { Declaration } from './setting.js'
import { flagOf } from './setting-name.js'

/** The problem for a word that looks like a flag but is not one. */
export const unknownFlag = (word: string, declaration: Declaration): Problem => {
  const [flag = word] = word.split('=', 1)
  const near = closest(flag.replace(/^-+/, '--'), ['--help', ...Object.keys(declaration).map(flagOf)])
  const hint = near === undefined ? 'see --help for the list' : `did you mean ${near}?`
  return { where: flag, message: `unknown flag; ${hint}`, example: undefined }
}
