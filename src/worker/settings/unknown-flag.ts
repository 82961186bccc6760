import { closest } from './closest.js'
import type { Problem } from './problem.js'
import type { Declaration } from './setting.js'
import { flagOf } from './setting-name.js'

/** The problem with a word that looks like a flag and is none. */
export const unknownFlag = (word: string, declaration: Declaration): Problem => {
  const [flag = word] = word.split('=', 1)
  const near = closest(flag.replace(/^-+/, '--'), ['--help', ...Object.keys(declaration).map(flagOf)])
  const hint = near === undefined ? 'see --help for those that there are' : `did you mean ${near}?`
  return { where: flag, message: `no such flag; ${hint}`, example: undefined }
}
