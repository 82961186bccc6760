/**
 * With `node --import`, prints the packages that `ecs-task-stream` itself imports while a program runs, one per line,
 * including later imports. Node resolves modules on a separate thread, which loads this file again.
 */
import { writeSync } from 'node:fs'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) register(import.meta.url)

const isBare = (specifier) => !/^(\.|\/|node:|file:|data:)/.test(specifier)

export const resolve = (specifier, context, nextResolve) => {
  if (isBare(specifier) && context.parentURL?.includes('/node_modules/ecs-task-stream/'))
    writeSync(1, `${specifier}\n`)
  return nextResolve(specifier, context)
}
