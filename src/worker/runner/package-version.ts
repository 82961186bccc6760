import { readFileSync } from 'node:fs'
import modules from 'node:module'
import { isLeft } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'

// By this name: the bundle of the command has a `createRequire` of its own in each file.
const { resolve } = modules.createRequire(import.meta.url)

/**
 * The version of this package. Resolves `package.json` by the package's own name, because its path differs between a
 * checkout and an installation. `unknown` if it cannot be read, as in a bundle of somebody else.
 */
export const packageVersion = (): string => {
  try {
    const text = readFileSync(resolve('ecs-task-stream/package.json'), 'utf8')
    const decoded = t.type({ version: t.string }).decode(JSON.parse(text))
    return isLeft(decoded) ? 'unknown' : decoded.right.version
  } catch {
    return 'unknown'
  }
}
