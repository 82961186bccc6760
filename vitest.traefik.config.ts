import { configDefaults, defineConfig } from 'vitest/config'
import base from './vitest.config.js'

/** The tests that need a real Traefik: see `scripts/traefik-conformance.ts`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test/traefik-server/**/*.test.ts'],
    exclude: configDefaults.exclude,
  },
})
