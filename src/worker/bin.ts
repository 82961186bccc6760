#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as t from 'io-ts'
import { isLeft } from 'fp-ts/lib/Either.js'
import { processTerminal } from './terminal/process-terminal.js'

/**
 * Resolves `package.json` by the package's own name, because its path differs between a checkout and an installation.
 */
const readVersion = (): string => {
  const file = fileURLToPath(import.meta.resolve('ecs-task-stream/package.json'))
  const decoded = t.type({ version: t.string }).decode(JSON.parse(readFileSync(file, 'utf8')))
  return isLeft(decoded) ? 'unknown' : decoded.right.version
}

const terminal = processTerminal()
// Imported after `processTerminal`, because a loaded module may print.
const { command } = await import('./runner/command.js')
const code = await command(process.argv.slice(2), terminal, { version: readVersion() })
process.exitCode = code
// The SDK may still look for credentials, or keep a connection open. Nothing of ours is under way any more.
setTimeout(() => process.exit(code), 200).unref()
