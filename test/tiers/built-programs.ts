import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { TestProject } from 'vitest/node'
import { bundleCommand } from '../../scripts/command-bundle.js'

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * The directory that holds the compiled programs, and in `command` the command as it is published, beside
     * `inputs.json`, which says what is in which of its files.
     */
    readonly builtPrograms: string
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What tests start as processes. Each becomes a `.js` file at the same path below the directory. */
const programs = [
  'demo/emulator.ts',
  'demo/main.ts',
  'demo/worker-process.ts',
  'test/support/atomic-writer.ts',
  'test/support/journal-writer.ts',
]

/**
 * Compiles the programs once for all tests. A process that compiles its sources and resolves a thousand modules of the
 * AWS SDK costs four seconds of a core to start; one from the bundle costs one. `check:package` tests the files that
 * are published.
 */
export default async function buildPrograms(project: TestProject): Promise<() => Promise<void>> {
  // Inside the package, so that the bundle finds node_modules and its own package.json.
  const parent = join(root, '.built-programs')
  await mkdir(parent, { recursive: true })
  const directory = await mkdtemp(join(parent, 'run-'))
  // Some tests start a program as another user.
  await chmod(directory, 0o755)
  await build({
    absWorkingDir: root,
    entryPoints: programs,
    outbase: root,
    outdir: directory,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['ecs-task-stream:source'],
    mainFields: ['module', 'main'],
    // The servers of the demo load files from beside their own.
    external: ['dynalite', 'fauxqs'],
    // For the CommonJS modules in the bundle.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  const outputs = await bundleCommand(join(directory, 'command'))
  await writeFile(join(directory, 'command/inputs.json'), JSON.stringify(outputs))
  project.provide('builtPrograms', directory)
  return () => rm(directory, { recursive: true, force: true })
}
