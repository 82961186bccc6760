import { defineConfig } from 'vitest/config'
import { SkippedTests } from './test/tiers/skipped-tests.js'
import { source } from './vitest.config.js'

/** The tests that need the real programs that sinks write for: see `scripts/targets-conformance.ts`. */
export default defineConfig({
  ...source,
  test: {
    include: ['test/targets/**/*.test.ts'],
    reporters: ['default', new SkippedTests()],
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
