/** The program nginx: has it test its configuration, and load it. Nothing is given to a shell. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { errorOf } from '../../core/error-of.js'
import { printable } from '../../shared/codec/printable.js'

export interface NginxProgram {
  /** nginx's message if it refuses its configuration; `undefined` if it accepts. Rejects if nginx cannot be asked. */
  test(): Promise<string | undefined>
  /** Tells nginx to load its configuration. Rejects if it cannot be told. */
  reload(): Promise<void>
}

export interface NginxProgramOptions {
  readonly command: readonly string[]
  readonly pidFile: string | undefined
}

/** A test takes milliseconds, unless nginx waits for DNS. */
const patienceMs = 30_000

interface Ran {
  /** `undefined` if it did not end by itself. */
  readonly code: number | undefined
  readonly text: string
}

/** The lines that say what is wrong, without those that say that something is. */
const messageIn = (text: string): string => {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^nginx: |^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d |\d+#\d+: /g, '').trim())
    .filter((line) => line !== '' && !/^(?:the )?configuration file \S+ (?:test|syntax)/.test(line))
  return printable(lines.join('; ')).slice(0, 1000) || 'it gave no message'
}

const ran = (command: readonly string[], ...more: readonly string[]): Promise<Ran> => {
  const [program = '', ...args] = command
  const options = { timeout: patienceMs, killSignal: 'SIGKILL', maxBuffer: 1024 * 1024 } as const
  return new Promise((resolve, reject) => {
    execFile(program, [...args, ...more], options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, text: stderr })
      else if (typeof error.code === 'number') resolve({ code: error.code, text: `${stderr}\n${stdout}` })
      else if (error.killed === true)
        reject(
          new Error(`\`${command.join(' ')} ${more.join(' ')}\` has not ended after ${patienceMs / 1000} s`),
        )
      else
        reject(
          new Error(
            `cannot run \`${command.join(' ')} ${more.join(' ')}\` (${error.message}): install nginx where this worker runs, or give another command`,
            { cause: error },
          ),
        )
    })
  })
}

const signalled = async (pidFile: string): Promise<void> => {
  const text = await readFile(pidFile, 'utf8').catch((thrown: unknown) => {
    throw new Error(`cannot read ${pidFile} (${errorOf(thrown).message}): is nginx running?`, {
      cause: thrown,
    })
  })
  const pid = Number(text.trim())
  // 0 and negative numbers would be whole groups of processes.
  if (!Number.isInteger(pid) || pid < 1) throw new Error(`${pidFile} holds no process ID`)
  try {
    process.kill(pid, 'SIGHUP')
  } catch (thrown) {
    throw new Error(
      `cannot signal the process ${pid} of ${pidFile} (${errorOf(thrown).message}): is nginx running, and may this process signal it?`,
      { cause: thrown },
    )
  }
}

export const nginxProgram = ({ command, pidFile }: NginxProgramOptions): NginxProgram => ({
  test: async () => {
    const { code, text } = await ran(command, '-t')
    return code === 0 ? undefined : messageIn(text)
  },
  reload: async () => {
    if (pidFile !== undefined) return signalled(pidFile)
    const { code, text } = await ran(command, '-s', 'reload')
    if (code !== 0) throw new Error(messageIn(text))
  },
})
