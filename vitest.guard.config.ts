import { configDefaults, defineConfig } from 'vitest/config'
import base from './vitest.config.js'
export default defineConfig({ ...base, test: { ...base.test, isolate:false, pool:'threads', setupFiles:['test/support/unit-tier.ts'], testTimeout: 3000, hookTimeout: 3000 } })
