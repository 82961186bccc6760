/**
 * Runs the steps of the `Dockerfile` without a container engine. Each stage runs in a folder that stands for its root,
 * with the files that `.dockerignore` leaves of the checkout, and with this machine's Node and npm. Then it starts the
 * result, as the image would. Prints a line for each check; exits 1 if one fails.
 *
 * It cannot check what needs an engine: the base image (whether it exists, its version of Node, musl instead of this
 * machine's libc), the user and a read-only root, the platform, the layers and their size, and how the engine parses the
 * file.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundled } from '../src/worker/runner/bundled.js'
import { dockerIgnore } from './infrastructure/docker-ignore.js'
import { type Command, readDockerfile } from './infrastructure/dockerfile.js'
import { type Stage, stagedBuild } from './infrastructure/staged-build.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const home = mkdtempSync(join(realpathSync(tmpdir()), 'ecs-task-stream-image-'))

let failures = 0
const check = async (
  name: string,
  flawsOf: () => readonly string[] | Promise<readonly string[]>,
): Promise<void> => {
  let flaws: readonly string[]
  try {
    flaws = await flawsOf()
  } catch (thrown) {
    flaws = [thrown instanceof Error ? thrown.message : String(thrown)]
  }
  if (flaws.length > 0) failures += 1
  console.log([`${flaws.length === 0 ? '✓' : '✗'} ${name}`, ...flaws].join('\n    '))
}

const wordsOf = (command: Command | undefined, what: string): readonly [string, ...string[]] => {
  if (command?._tag !== 'Exec') throw new Error(`${what} is not in its exec form`)
  const [program, ...args] = command.words
  if (program !== 'node') throw new Error(`${what} starts ${program ?? 'nothing'}, and not node`)
  // This machine's Node, whatever PATH says.
  return [process.execPath, ...args]
}

/** Without this machine's settings, above all its credentials. */
const environmentOf = ({ environment }: Stage, more: Readonly<Record<string, string>>) => ({
  PATH: process.env['PATH'] ?? '',
  AWS_EC2_METADATA_DISABLED: 'true',
  ...environment,
  ...more,
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const ran = (
  stage: Stage,
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Ended => {
  const [program, ...args] = command
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: join(stage.root, stage.workdir),
    env: environmentOf(stage, env),
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { code: status, out: stdout, err: stderr }
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts a worker whose AWS endpoint is a closed port, checks its health as the engine would, and stops it. */
const lifeFlaws = async (stage: Stage): Promise<readonly string[]> => {
  const healthcheck = wordsOf(stage.healthcheck, 'HEALTHCHECK')
  const port = await freePort()
  const env = {
    PORT: `127.0.0.1:${port}`,
    CLUSTER: 'staging',
    TRAEFIK_TABLE: 'traefik',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
    // A closed port: no call leaves this machine.
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  }
  const before = ran(stage, healthcheck, env)
  const [program, ...args] = wordsOf(stage.entrypoint, 'ENTRYPOINT')
  const worker = spawn(program, [...args, 'traefik-table'], {
    cwd: join(stage.root, stage.workdir),
    env: environmentOf(stage, env),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exit = once(worker, 'close')
  let log = ''
  const started = new Promise<void>((resolve) => {
    worker.stderr.on('data', (chunk: Buffer) => {
      log += String(chunk)
      if (log.includes('"msg":"started"')) resolve()
    })
  })
  await Promise.race([started, exit])
  const during = ran(stage, healthcheck, env)
  worker.kill(stage.stopSignal === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL')
  const [code] = (await exit) as [number | null]
  return [
    ...(before.code === 1 ? [] : [`HEALTHCHECK exits ${String(before.code)} while nothing answers`]),
    ...(during.code === 0 ? [] : [`HEALTHCHECK exits ${String(during.code)} while the worker runs: ${log}`]),
    ...(ran(stage, healthcheck).code === 0 ? [] : ['HEALTHCHECK fails a worker that has no PORT']),
    ...(code === 0 ? [] : [`the worker exits ${String(code)} on ${stage.stopSignal ?? 'no signal'}: ${log}`]),
  ]
}

const contentFlaws = (stage: Stage): readonly string[] => {
  const folder = join(stage.root, stage.workdir)
  const expected = ['LICENSE', 'dist', 'package.json']
  return [
    ...readdirSync(folder)
      .filter((name) => !expected.includes(name))
      .map((name) => `${name} is in the image, and of no use there`),
    ...expected.filter((name) => !existsSync(join(folder, name))).map((name) => `${name} is missing`),
    ...readdirSync(join(folder, 'dist'))
      .filter((name) => name !== 'command' && name !== 'page')
      .map((name) => `dist/${name} is in the image, and of no use there`),
  ]
}

try {
  const instructions = readDockerfile(readFileSync(join(checkout, 'Dockerfile'), 'utf8'))
  const isIgnored = dockerIgnore(readFileSync(join(checkout, '.dockerignore'), 'utf8'))
  const log = (line: string): void => console.log(`  ${line}`)
  const stage = stagedBuild(instructions, { context: checkout, isIgnored, home, log }).at(-1)
  if (stage === undefined) throw new Error('the Dockerfile has no stage')
  const entrypoint = wordsOf(stage.entrypoint, 'ENTRYPOINT')

  await check('the image holds what runs, and nothing else', () => contentFlaws(stage))
  await check('its default command prints the help', () => {
    const cmd = stage.cmd?._tag === 'Exec' ? stage.cmd.words : []
    const { code, out, err } = ran(stage, [...entrypoint, ...cmd])
    return code === 0 && out.includes('Usage: ecs-task-stream')
      ? []
      : [`exit code ${String(code)}: ${out}${err}`]
  })
  for (const { name } of bundled)
    await check(`${name} loads without a package beside it`, () => {
      const { code, out, err } = ran(stage, [...entrypoint, name, '--help'])
      return code === 0 && out.includes(`ecs-task-stream ${name}`)
        ? []
        : [`exit code ${String(code)}: ${out}${err}`]
    })
  await check('a worker without its settings exits with 64 and names them', () => {
    const { code, err } = ran(stage, [...entrypoint, 'traefik-table'])
    return code === 64 && err.includes('CLUSTER') && err.includes('TRAEFIK_TABLE')
      ? []
      : [`exit code ${String(code)}: ${err}`]
  })
  await check('a worker that does not exist exits with 64', () => {
    const { code, err } = ran(stage, [...entrypoint, 'no-such-worker'])
    return code === 64 ? [] : [`exit code ${String(code)}: ${err}`]
  })
  await check('a worker lives, is healthy, and stops in order', () => lifeFlaws(stage))
} catch (thrown) {
  failures += 1
  console.log(`✗ ${thrown instanceof Error ? thrown.message : String(thrown)}`)
} finally {
  rmSync(home, { recursive: true, force: true })
}
console.log(
  `Steps were run with Node ${process.version}, not in the base image. Not checked: base image, user, platform, layers.`,
)
process.exitCode = failures === 0 ? 0 : 1
