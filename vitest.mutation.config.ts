import { defineConfig } from 'vitest/config'
import { source } from './vitest.config.js'

/** All of core and journal by default; `MUTATION_TESTS`: only these, by commas, for a single file of the source. */
const { MUTATION_TESTS: only = 'test/laws/**/*.test.ts,test/race/**/*.test.ts,test/journal/**/*.test.ts' } =
  process.env

/** For `npm run mutation`: the tests of core and journal that need neither sockets nor processes. */
export default defineConfig({
  ...source,
  test: {
    include: only.split(','),
    exclude: ['**/*.wire.test.ts', '**/*.process.test.ts', '**/node_modules/**'],
    // Most wrong versions fail within 14 cases: see CONTRIBUTING.md.
    env: { LAW_RUNS: process.env['LAW_RUNS'] ?? '15' },
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
