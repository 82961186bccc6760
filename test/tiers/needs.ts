import type { TestOptions } from 'vitest'

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test, or all tests of the suite, cannot run on this machine. */
    missing?: string
  }
}

/**
 * The options of a suite or a test that needs something which not every machine has. `missing` says what is missing
 * and how to get it; it is undefined where nothing is. The end of a run names what was skipped, by these reasons.
 */
export const needs = (missing: string | undefined): TestOptions =>
  missing === undefined ? {} : { skip: true, meta: { missing } }
