import { defineConfig } from 'vitest/config'
import { source } from './vitest.config.js'

/** For `npm run mutation`: the tests of core and journal that need neither sockets nor processes. */
export default defineConfig({
  ...source,
  test: {
    include: ['test/laws/**/*.test.ts', 'test/race/**/*.test.ts', 'test/journal/**/*.test.ts'],
    exclude: ['**/*.wire.test.ts', '**/*.process.test.ts', '**/node_modules/**'],
    // Most wrong versions fail within 14 cases: see CONTRIBUTING.md.
    env: { LAW_RUNS: '15' },
    pool: 'forks',
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
