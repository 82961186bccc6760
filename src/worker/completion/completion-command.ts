import { printable } from '../../shared/codec/printable.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import { shells, shellScript } from './shell-script.js'

/** `ecs-task-stream completion <shell>`: the script that the shell loads. */
export const completionCommand = (
  words: readonly string[],
  { out, err }: Pick<Terminal, 'out' | 'err'>,
): ExitCode => {
  const [name, ...rest] = words
  if (name === '--help' || name === '-h') {
    out(
      `Usage: ecs-task-stream completion <${shells.join('|')}>\n\nPrints a script that completes command lines. Its first line says how to load it.\n`,
    )
    return exitCode.ok
  }
  const shell = rest.length > 0 ? undefined : shells.find((each) => each === name)
  if (shell === undefined) {
    const got = words.length === 0 ? 'nothing' : `"${words.join(' ')}"`
    err(`${printable(`ecs-task-stream completion: expected one of ${shells.join(', ')}, got ${got}`)}\n`)
    return exitCode.usage
  }
  out(shellScript(shell))
  return exitCode.ok
}
