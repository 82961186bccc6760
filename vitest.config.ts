import { existsSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import { SkippedTests } from './test/tiers/skipped-tests.js'

const wire = 'test/**/*.wire.test.ts'
const process = 'test/**/*.process.test.ts'
// They need programs that npm does not have: `npm run test:aws`, `test:traefik`, `test:targets`, `test:page`.
const exclude = [
  ...configDefaults.exclude,
  'test/aws/**',
  'test/traefik-server/**',
  'test/targets/**',
  'test/chromium/**',
]

// Tests run against the sources: the package's own name resolves to src/, as in `examples/`.
export const source = {
  resolve: { conditions: ['ecs-task-stream:source'] },
  ssr: {
    resolve: { conditions: ['ecs-task-stream:source'], externalConditions: ['ecs-task-stream:source'] },
  },
}

// A busy machine is slow, and no test fails for that: see `patience.ts`.
const testTimeout = 180_000
const hookTimeout = 180_000
const expect = { poll: { timeout: 60_000, interval: 20 } }

// Laws of files write thousands of them and sync each, which costs a disk more than the laws cost the processor.
const memoryDisk = '/dev/shm'
const TMPDIR = existsSync(memoryDisk) ? memoryDisk : tmpdir()

const cores = availableParallelism()
// Tests of these tiers wait for much of their time, so that three files share two cores.
const waiting = { maxWorkers: Math.ceil(1.5 * cores), sequence: { groupOrder: 1 } }

/** The tiers of CONTRIBUTING.md. No file is isolated: a worker loads what its files share once. */
export default defineConfig({
  test: {
    reporters: ['default', new SkippedTests()],
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, wire, process],
          pool: 'forks',
          isolate: false,
          env: { TMPDIR },
          // Vitest would leave one core to itself, which is half of a machine with two.
          maxWorkers: cores,
          setupFiles: ['test/tiers/no-servers.ts', 'test/tiers/patience.ts'],
          expect,
          testTimeout,
          hookTimeout,
        },
      },
      {
        ...source,
        test: {
          name: 'wire',
          include: [wire],
          exclude,
          pool: 'forks',
          isolate: false,
          ...waiting,
          setupFiles: ['test/tiers/nothing-left.ts', 'test/tiers/patience.ts'],
          expect,
          testTimeout,
          hookTimeout,
        },
      },
      {
        ...source,
        test: {
          name: 'process',
          include: [process],
          exclude,
          pool: 'forks',
          isolate: false,
          ...waiting,
          globalSetup: ['test/tiers/built-programs.ts'],
          setupFiles: ['test/tiers/nothing-left.ts', 'test/tiers/patience.ts'],
          expect,
          testTimeout,
          hookTimeout,
        },
      },
    ],
  },
})
