#!/usr/bin/env node
import { packageVersion } from './runner/package-version.js'
import { processTerminal } from './terminal/process-terminal.js'

const terminal = processTerminal()
// Imported after `processTerminal`, because a loaded module may print.
const { command } = await import('./runner/command.js')
const code = await command(process.argv.slice(2), terminal, { version: packageVersion() })
process.exitCode = code
// The SDK may still look for credentials, or keep a connection open. Nothing of ours is under way any more.
setTimeout(() => process.exit(code), 200).unref()
