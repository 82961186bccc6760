import { defineConfig } from 'vitest/config'
import { SkippedTests } from './test/tiers/skipped-tests.js'
import { source } from './vitest.config.js'

/** The tests that need a browser: see `scripts/page-conformance.ts`. */
export default defineConfig({
  ...source,
  test: {
    include: ['test/chromium/**/*.test.ts'],
    reporters: ['default', new SkippedTests()],
    // A browser takes more than one core.
    maxWorkers: 1,
    setupFiles: ['test/tiers/patience.ts'],
    expect: { poll: { timeout: 60_000, interval: 100 } },
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
