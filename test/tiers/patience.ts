import { vi } from 'vitest'

/**
 * How long tests wait for a condition that must come true. Only a test that fails waits so long: a shorter bound would
 * let a busy machine fail one that holds. The default of vitest is a second.
 */
const patience = { timeout: 60_000, interval: 20 }

const { waitFor, waitUntil } = vi
vi.waitFor = (check, options) =>
  waitFor(
    check,
    typeof options === 'number' ? { ...patience, timeout: options } : { ...patience, ...options },
  )
vi.waitUntil = (check, options) =>
  waitUntil(
    check,
    typeof options === 'number' ? { ...patience, timeout: options } : { ...patience, ...options },
  )
