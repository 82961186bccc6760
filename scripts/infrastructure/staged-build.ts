import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Command, Placed } from './dockerfile.js'

/** A stage after its steps have run, in a folder that stands for its root. */
export interface Stage {
  readonly image: string
  readonly name: string | undefined
  readonly root: string
  /** The path in the image. */
  readonly workdir: string
  readonly environment: Readonly<Record<string, string>>
  readonly user: string | undefined
  readonly stopSignal: string | undefined
  readonly entrypoint: Command | undefined
  readonly cmd: Command | undefined
  readonly healthcheck: Command | undefined
}

export interface StagedBuildOptions {
  readonly context: string
  readonly isIgnored: (path: string) => boolean
  /** An empty folder. */
  readonly home: string
  readonly log: (line: string) => void
}

const filesUnder = (path: string): readonly string[] =>
  statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesUnder(join(path, name))) : [path]

/** The environment of a step in the image: without this machine's credentials, settings and modules. */
const bareEnvironment = (home: string): Readonly<Record<string, string>> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  npm_config_cache: process.env['npm_config_cache'] ?? join(process.env['HOME'] ?? home, '.npm'),
  npm_config_prefer_offline: 'true',
  npm_config_update_notifier: 'false',
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^(npm_config_(userconfig|registry)|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i.test(name) &&
      value !== undefined
        ? [[name, value]]
        : [],
    ),
  ),
})

/** Runs the steps of every stage, each stage in its own folder. Throws, with the line, if a step fails. */
export const stagedBuild = (
  instructions: readonly Placed[],
  { context, isIgnored, home, log }: StagedBuildOptions,
): readonly Stage[] => {
  const stages: Stage[] = []
  const current = (): Stage => {
    const stage = stages.at(-1)
    if (stage === undefined) throw new Error('the first instruction must be FROM')
    return stage
  }
  const change = (changes: Partial<Stage>): void => void stages.splice(-1, 1, { ...current(), ...changes })
  /** The path on this machine of a path in the image. */
  const place = ({ root, workdir }: Stage, path: string): string => {
    const here = join(root, resolve('/', workdir, path))
    if (here !== root && !here.startsWith(root + sep)) throw new Error(`${path} leads out of the image`)
    return here
  }

  const copy = (sources: readonly string[], target: string, from: string | undefined): void => {
    const stage = current()
    const source = from === undefined ? undefined : stages.find(({ name }) => name === from)
    if (from !== undefined && source === undefined) throw new Error(`there is no stage ${from}`)
    const base = source?.root ?? context
    for (const named of sources) {
      const origin = source === undefined ? join(context, named) : place(source, named)
      if (!existsSync(origin)) throw new Error(`${named} is not there to be copied`)
      const isFolder = statSync(origin).isDirectory()
      const into = place(stage, target)
      const files = filesUnder(origin).filter(
        (file) => source !== undefined || !isIgnored(relative(base, file).split(sep).join('/')),
      )
      if (files.length === 0) throw new Error(`${named} is left out by .dockerignore`)
      for (const file of files) {
        const to = isFolder ? join(into, relative(origin, file)) : join(into, relative(dirname(origin), file))
        mkdirSync(dirname(to), { recursive: true })
        copyFileSync(file, to)
      }
    }
  }

  const take = (instruction: Placed): void => {
    switch (instruction._tag) {
      case 'From': {
        const root = join(home, `stage-${stages.length}`)
        mkdirSync(root, { recursive: true })
        const { image, name } = instruction
        const nothing = { user: undefined, stopSignal: undefined, entrypoint: undefined, cmd: undefined }
        stages.push({ image, name, root, workdir: '/', environment: {}, healthcheck: undefined, ...nothing })
        return
      }
      case 'Workdir':
        change({ workdir: resolve('/', current().workdir, instruction.path) })
        mkdirSync(place(current(), '.'), { recursive: true })
        return
      case 'Copy':
        copy(instruction.sources, instruction.target, instruction.from)
        return
      case 'Run': {
        const { command } = instruction
        const [program, ...args] = command._tag === 'Shell' ? ['/bin/sh', '-c', command.text] : command.words
        // Such a path would be outside the stage's folder, on this machine.
        if (args.some((arg) => /(^|[\s=])\/\w/.test(arg)))
          throw new Error('it names an absolute path, which is not run here')
        execFileSync(program ?? '', args, {
          cwd: place(current(), '.'),
          env: { ...bareEnvironment(home), ...current().environment },
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        return
      }
      case 'Env':
        change({ environment: { ...current().environment, [instruction.name]: instruction.value } })
        return
      case 'User':
        change({ user: instruction.value })
        return
      case 'Stopsignal':
        change({ stopSignal: instruction.value })
        return
      case 'Entrypoint':
        change({ entrypoint: instruction.command })
        return
      case 'Cmd':
        change({ cmd: instruction.command })
        return
      case 'Healthcheck':
        change({ healthcheck: instruction.command })
        return
      // The only argument is the base image, which is not used here.
      case 'Arg':
      case 'Expose':
        return
    }
  }

  for (const instruction of instructions) {
    const began = performance.now()
    try {
      take(instruction)
    } catch (thrown) {
      const { stdout = '', stderr = '' } = thrown as {
        readonly stdout?: Buffer | string
        readonly stderr?: Buffer | string
      }
      const said = `${String(stdout)}${String(stderr)}`.trim() || String(thrown)
      throw new Error(`Dockerfile, line ${instruction.line}: ${said}`, { cause: thrown })
    }
    if (instruction._tag === 'Run')
      log(
        `line ${instruction.line}: ${commandText(instruction.command)} (${Math.round((performance.now() - began) / 1000)} s)`,
      )
  }
  return stages
}

const commandText = (command: Command): string =>
  command._tag === 'Shell' ? command.text : command.words.join(' ')
