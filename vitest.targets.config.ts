import { defineConfig } from 'vitest/config'
import { SkippedTests } from './test/tiers/skipped-tests.js'
import { source } from './vitest.config.js'

/** The tests that need the real programs that sinks write for: see `scripts/targets-conformance.ts`. */
export default defineConfig({
  ...source,
  test: {
    // The latter are in the wire tier as well, which skips them where there is no Redis.
    include: ['test/targets/**/*.test.ts', 'test/**/redis-*.wire.test.ts'],
    reporters: ['default', new SkippedTests()],
    maxWorkers: '100%',
    setupFiles: ['test/tiers/patience.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
