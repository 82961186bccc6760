import { describe, expect, it } from 'vitest'
import type { Millis } from '../core/clock.js'
import { journalCapabilities, type JournalCapability, type JournalHarness } from './journal-harness.js'
import { journalLaws } from './journal-laws.js'

export interface JournalContractOptions {
  /** What the log cannot do: laws that need it are shown as skipped. Default: nothing. */
  readonly lacks?: readonly JournalCapability[]
  /** Runs of each law. Default: 30. */
  readonly runs?: number
  /** How long each law may take. Default: 120,000 ms. */
  readonly timeoutMs?: Millis
}

/**
 * What every journal must do, as vitest tests: laws over random stories of several workers. `make` is called once for
 * each run, and makes an empty log. Call this at the top of a test file:
 *
 * ```ts
 * journalContract('my journal', make, { lacks: ['faults'] })
 * ```
 *
 * The contract fails if the harness has a capability that `lacks` names, and if a capability is in neither.
 */
export const journalContract = (
  name: string,
  make: () => Promise<JournalHarness>,
  { lacks = [], runs = 30, timeoutMs = 120_000 }: JournalContractOptions = {},
): void => {
  describe(`journal contract: ${name}`, { timeout: timeoutMs }, () => {
    it('the harness has every capability but those that the log lacks', async () => {
      const harness = await make()
      await harness.dispose()
      expect(harness.openFaulty === undefined, 'the harness cannot fail').toBe(lacks.includes('faults'))
    })

    for (const { sentence, needs, check } of journalLaws) {
      const missing = needs.filter((need) => lacks.includes(need))
      const why = missing.map((need) => `"${need}": ${journalCapabilities[need]}`).join('; ')
      if (missing.length > 0) it.skip(`${sentence} (skipped, the log lacks ${why})`, () => undefined)
      else it(sentence, () => check(make, runs))
    }
  })
}
