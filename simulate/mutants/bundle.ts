import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { Mutant } from './mutants.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Replaces one place of one file. Fails if it is not there exactly once, so that no mutant is the engine itself. */
const mutation = ({ name, file, original, wrong }: Mutant): Plugin => ({
  name: 'mutation',
  setup: (building) => {
    const path = join(root, file)
    let isMade = false
    building.onLoad({ filter: /\.ts$/ }, async ({ path: loaded }) => {
      if (loaded !== path) return undefined
      const source = await readFile(path, 'utf8')
      const places = source.split(original).length - 1
      if (places !== 1)
        return { errors: [{ text: `mutant "${name}": ${file} has its original ${places} times` }] }
      isMade = true
      return { contents: source.replace(original, () => wrong), loader: 'ts' }
    })
    building.onEnd(() =>
      isMade ? {} : { errors: [{ text: `mutant "${name}": ${file} is not part of the program` }] },
    )
  },
})

/** See `zlib-at-once.ts`. */
const zlibAtOnce: Plugin = {
  name: 'zlib at once',
  setup: (building) => {
    building.onResolve({ filter: /^node:zlib$/ }, ({ importer }) =>
      importer.startsWith(join(root, 'src', 'journal'))
        ? { path: join(root, 'simulate', 'disk', 'zlib-at-once.ts') }
        : undefined,
    )
  },
}

/** Builds the simulation as one file, from a mutant of the engine or from the engine. */
export const bundleSimulation = async (outfile: string, mutant?: Mutant): Promise<void> => {
  await build({
    absWorkingDir: root,
    entryPoints: ['simulate/main.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['ecs-task-stream:source'],
    mainFields: ['module', 'main'],
    external: ['esbuild'],
    // For the CommonJS modules in the bundle.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'silent',
    plugins: [zlibAtOnce, ...(mutant === undefined ? [] : [mutation(mutant)])],
  })
}
