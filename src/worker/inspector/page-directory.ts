import modules from 'node:module'
import { dirname, join } from 'node:path'

// By this name: the bundle of the command has a `createRequire` of its own in each file.
const { resolve } = modules.createRequire(import.meta.url)

/** Where the build puts the page; `undefined` in a bundle of somebody else. */
export const pageDirectory = (): string | undefined => {
  try {
    return join(dirname(resolve('ecs-task-stream/package.json')), 'dist/page')
  } catch {
    return undefined
  }
}
