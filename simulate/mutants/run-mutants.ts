import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Options } from '../options.js'
import { bundleSimulation } from './bundle.js'
import { type Mutant, mutants } from './mutants.js'

const built = fileURLToPath(new URL('../../.built-programs', import.meta.url))

/** Few, so that a seed takes seconds. */
const clusters = 12

export type Fate =
  | { readonly _tag: 'Killed'; readonly seed: number; readonly invariant: string }
  | { readonly _tag: 'Survived'; readonly seeds: number }

/** Runs seeds with a wrong engine until one finds it. */
const fateOf = (program: string, { with: further = [] }: Mutant, { seed, seeds, days }: Options): Fate => {
  for (let i = 0; i < seeds; i++) {
    const args = ['--seed', seed + i, '--days', days, '--clusters', clusters, ...further].map(String)
    const { status, stdout } = spawnSync(process.execPath, ['--no-warnings', program, ...args], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    if (status === 0) continue
    const broken = /^BROKEN: (.*)$/m.exec(stdout)?.[1]
    return { _tag: 'Killed', seed: seed + i, invariant: broken ?? `the process ended with ${status}` }
  }
  return { _tag: 'Survived', seeds }
}

const textOf = ({ name, harmless }: Mutant, fate: Fate): string => {
  if (fate._tag === 'Killed') return `killed by seed ${fate.seed} (${fate.invariant}): ${name}`
  return harmless === undefined
    ? `SURVIVED ${fate.seeds} seeds: ${name}`
    : `survived ${fate.seeds} seeds, as it must: ${name}: ${harmless}`
}

/** Runs all mutants. Returns whether each had the fate that it must have. */
export const runMutants = async (options: Options, say: (text: string) => void): Promise<boolean> => {
  await mkdir(built, { recursive: true })
  const directory = await mkdtemp(join(built, 'mutants-'))
  let areRight = true
  try {
    for (const [i, mutant] of mutants.entries()) {
      if (!mutant.name.includes(options.mutant)) continue
      const program = join(directory, `${i}.mjs`)
      await bundleSimulation(program, mutant)
      const fate = fateOf(program, mutant, options)
      if (fate._tag === 'Survived' && mutant.harmless === undefined) areRight = false
      say(textOf(mutant, fate))
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  return areRight
}
