/** An independent server that checks our reading of AWS. */
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

/** A program that is installed once, into a folder of its own. */
export interface Installable {
  readonly name: string
  /** The file that pins the version. Changed content means a new installation. */
  readonly pinnedBy: string
  /** Installs into the empty folder. */
  readonly install: (folder: string) => Promise<void>
}

export interface Witness extends Installable {
  /** The command that makes it listen on 127.0.0.1 and this port. */
  readonly command: (folder: string, port: number) => readonly [program: string, ...args: readonly string[]]
}

export interface RunningWitness {
  readonly url: string
  stop(): Promise<void>
}

/** The witness is unavailable on this machine; `message` says why, in one line. */
export class Unavailable extends Error {}

/**
 * Installing downloads up to 100 MB. Two installations and the tests stay below the limit of a step of `.ci/run`, ten
 * minutes.
 */
const installMs = 200_000
/** Python and Java take seconds to start, and longer on a busy machine. */
const startMs = 60_000

/** What `execFile` rejects with. */
interface Failure {
  readonly code: string | number
  readonly killed: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. If it fails, the error contains its output. */
export const ran = async (program: string, ...args: readonly string[]): Promise<void> => {
  try {
    await promisify(execFile)(program, args, { timeout: installMs })
  } catch (thrown) {
    const { code, killed, stdout = '', stderr = '' } = thrown as Partial<Failure>
    if (code === 'ENOENT') throw new Unavailable(`there is no \`${program}\` on the PATH`)
    const lines = `${stdout}\n${stderr}`.trim().split('\n')
    const said = killed === true ? `stopped after ${installMs / 1000} s` : (lines.at(-1) ?? '').slice(0, 200)
    throw new Unavailable(`\`${basename(program)} ${args.slice(0, 2).join(' ')} …\` failed: ${said}`)
  }
}

/** Installs the program below `home`, unless it is there already, and returns the folder. */
export const installed = async (home: string, { name, pinnedBy, install }: Installable): Promise<string> => {
  const pin = createHash('sha256')
    .update(await readFile(pinnedBy))
    .digest('hex')
  const folder = join(home, `${name}-${pin.slice(0, 12)}`)
  const complete = join(folder, '.complete')
  if (await exists(complete)) return folder
  // An earlier attempt may have left an incomplete installation.
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await install(folder)
  await writeFile(complete, '')
  return folder
}

/** Starts the witness, and resolves once it answers. Its output goes into `<folder>.log`. */
export const started = async (folder: string, { name, command }: Witness): Promise<RunningWitness> => {
  const port = await freePort()
  const [program, ...args] = command(folder, port)
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  // The server ends with this process.
  process.once('exit', () => child.kill())
  const log = createWriteStream(`${folder}.log`)
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  let ended: Error | undefined
  const exit = once(child, 'close').then(
    ([code, signal]) =>
      void (ended = new Error(`${name} ended with ${String(code ?? signal)}: see ${folder}.log`)),
    // For example, Java was removed after the installation.
    () => void (ended = new Unavailable(`there is no \`${program}\` on the PATH`)),
  )
  const stop = async (): Promise<void> => {
    child.kill()
    await exit
    log.end()
  }

  const url = `http://127.0.0.1:${port}`
  const deadline = Date.now() + startMs
  while (!(await answers(url))) {
    const late =
      Date.now() > deadline ? new Error(`${name} did not answer within ${startMs / 1000} s`) : undefined
    const failure = ended ?? late
    if (failure !== undefined) {
      await stop()
      throw failure
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { url, stop }
}

/** Any answer counts, whatever its status. */
const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    async (response) => {
      await response.arrayBuffer()
      return true
    },
    () => false,
  )

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** A port that was free a moment ago. Neither server can choose a port itself and report it. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
