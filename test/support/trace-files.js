/**
 * With `node --import`, writes the URL of each module that a program loads to the file in `TRACE_FILES`, one a line. Node
 * loads modules on a separate thread, which loads this file again.
 */
import { appendFileSync } from 'node:fs'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) register(import.meta.url)

export const load = (url, context, nextLoad) => {
  if (url.startsWith('file:')) appendFileSync(process.env.TRACE_FILES, `${url}\n`)
  return nextLoad(url, context)
}
