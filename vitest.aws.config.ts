import { configDefaults, defineConfig } from 'vitest/config'
import base from './vitest.config.js'

/** The tests that need servers of others: see `scripts/aws-conformance.ts`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/aws/**/*.test.ts'],
    exclude: configDefaults.exclude,
    // One account for all: each file empties it before it begins.
    fileParallelism: false,
  },
})
