import { describe, expect, it } from 'vitest'
import {
  type SourceCapability,
  sourceCapabilities,
  sourceCapabilityNames,
  type SourceHarness,
} from './source-harness.js'
import type { SourceLaw } from './source-law.js'
import { sourceLaws } from './source-laws.js'

const lacking = ({ sentence }: SourceLaw, missing: readonly SourceCapability[]): string =>
  `${sentence} (skipped, the backend lacks ${missing.map((name) => `"${name}": ${sourceCapabilities[name]}`).join('; ')})`

/**
 * What every source must do, as vitest tests: laws over random cases, run against a backend that speaks the real
 * protocol. Call it at the top of a test file, once for each source:
 *
 * ```ts
 * sourceContract('my queue', { make: async () => ({ source, publish, unacknowledged, … }) })
 * ```
 *
 * The contract fails if the backend has a capability that `lacks` names, and if a capability is in neither.
 */
export const sourceContract = (
  name: string,
  { make, lacks = [], runs = 10, patienceMs = 20_000 }: SourceHarness,
): void => {
  // fast-check shrinks a failure by running again, which is worth the time.
  describe(`source contract: ${name}`, { timeout: runs * patienceMs }, () => {
    it('the backend has every capability but those that it lacks', async () => {
      const backend = await make()
      await backend.dispose()
      const members = sourceCapabilityNames.filter((one) => one !== 'singleAcks')
      expect(
        members.filter((one) => (backend[one] === undefined) !== lacks.includes(one)),
        'capabilities that the backend has and lacks names, or that neither does',
      ).toEqual([])
    })

    for (const law of sourceLaws) {
      // A law that stands in for a stronger one, which is tried here.
      if (law.without !== undefined && !lacks.includes(law.without)) continue
      const missing = law.needs.filter((need) => lacks.includes(need))
      if (missing.length > 0) it.skip(lacking(law, missing), () => undefined)
      else it(law.sentence, () => law.check({ make, runs, patienceMs }))
    }
  })
}
