import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Options } from '../options.js'
import { bundleSimulation } from './bundle.js'
import { type Mutant, mutants } from './mutants.js'

const built = fileURLToPath(new URL('../../.built-programs', import.meta.url))

/** Few, so that a seed takes seconds. */
const clusters = 12

/** Far longer than any seed of so few clusters: a wrong engine that hangs ends, too. */
const patienceMs = 600_000

export type Fate =
  | { readonly _tag: 'Killed'; readonly seed: number; readonly by: string }
  /** The right engine breaks the same seed: nothing is shown. */
  | { readonly _tag: 'Unclear'; readonly seed: number; readonly by: string }
  | { readonly _tag: 'Survived'; readonly seeds: number }

/** The invariant that a run breaks; `undefined` if it breaks none. */
const brokenIn = (program: string, args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = { maxBuffer: 64 * 1024 * 1024, timeout: patienceMs }
    execFile(process.execPath, ['--no-warnings', program, ...args], options, (error, stdout) => {
      const invariant = /^BROKEN: (.*)$/m.exec(stdout)?.[1]
      resolve(error === null ? undefined : (invariant ?? `no invariant: ${error.message.slice(0, 300)}`))
    })
  })

/** Runs seeds with a wrong engine until one finds it, and that seed with the right one. */
const fateOf = async (
  { right, program }: { readonly right: string; readonly program: string },
  mutant: Mutant,
  options: Options,
): Promise<Fate> => {
  const { seed, seeds, days } = options
  await bundleSimulation(program, mutant)
  const { with: further = [] } = mutant
  for (let i = 0; i < seeds; i++) {
    const args = ['--seed', seed + i, '--days', days, '--clusters', clusters, '--jobs', 1, ...further]
    const by = await brokenIn(program, args.map(String))
    if (by === undefined) continue
    const byRight = await brokenIn(right, args.map(String))
    return byRight === undefined
      ? { _tag: 'Killed', seed: seed + i, by }
      : { _tag: 'Unclear', seed: seed + i, by: byRight }
  }
  return { _tag: 'Survived', seeds }
}

const textOf = ({ name, harmless }: Mutant, fate: Fate): string => {
  switch (fate._tag) {
    case 'Killed':
      return harmless === undefined
        ? `killed by seed ${fate.seed} (${fate.by}): ${name}`
        : `KILLED by seed ${fate.seed} (${fate.by}), although it is said to be harmless: ${name}`
    case 'Unclear':
      return `UNCLEAR: the right engine breaks seed ${fate.seed}, too (${fate.by}): ${name}`
    case 'Survived':
      return harmless === undefined
        ? `SURVIVED ${fate.seeds} seeds: ${name}`
        : `survived ${fate.seeds} seeds, as it must: ${name}: ${harmless}`
  }
}

/** Only an invariant kills: a mutant that does not start, or hangs, shows nothing. */
const isRight = ({ harmless }: Mutant, fate: Fate): boolean =>
  harmless === undefined
    ? fate._tag === 'Killed' && !fate.by.startsWith('no invariant')
    : fate._tag === 'Survived'

/** Runs all mutants, some at once. Returns whether each had the fate that it must have. */
export const runMutants = async (options: Options, say: (text: string) => void): Promise<boolean> => {
  await mkdir(built, { recursive: true })
  const directory = await mkdtemp(join(built, 'mutants-'))
  const chosen = mutants.filter(({ name }) => name.includes(options.mutant))
  if (chosen.length === 0) throw new Error(`--mutant: no name has "${options.mutant}" in it`)
  const right = join(directory, 'right.mjs')
  await bundleSimulation(right)
  let areRight = true
  let next = 0
  const work = async (): Promise<void> => {
    for (let i = next++; i < chosen.length; i = next++) {
      const mutant = chosen[i]
      if (mutant === undefined) return
      const program = join(directory, `${i}.mjs`)
      const fate = await fateOf({ right, program }, mutant, options)
      if (!isRight(mutant, fate)) areRight = false
      say(textOf(mutant, fate))
    }
  }
  try {
    await Promise.all(Array.from({ length: options.jobs }, work))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  return areRight
}
