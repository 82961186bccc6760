/**
 * `node --import` this to print, a line each, the packages that `ecs-task-stream` itself imports while a program runs, also those
 * that it imports later. Node resolves on a thread of its own, where this file is loaded again.
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
