import { defineConfig } from 'vitest/config'
import { SkippedTests } from './test/tiers/skipped-tests.js'
import { source } from './vitest.config.js'

/** The tests that need servers of others: see `scripts/aws-conformance.ts`. */
export default defineConfig({
  ...source,
  test: {
    include: ['test/aws/**/*.test.ts'],
    globalSetup: ['test/tiers/built-programs.ts'],
    reporters: ['default', new SkippedTests()],
    // One account for all: each file empties it before it begins.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
