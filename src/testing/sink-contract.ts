import { describe, expect, it } from 'vitest'
import type { Millis } from '../core/clock.js'
import { backendOf, backendsOf } from './backends.js'
import { offered } from './reconciled-once.js'
import {
  capabilitiesOf,
  type SinkCapability,
  sinkCapabilities,
  sinkCapabilityNames,
  type SinkHarness,
} from './sink-harness.js'
import { reconcile, type SinkLaw } from './sink-law.js'
import { sinkLaws } from './sink-laws.js'
import { sinkRaceLaws } from './sink-race-laws.js'

export interface SinkContractOptions {
  /** What the target cannot do: laws that need it are shown as skipped. Default: nothing. */
  readonly lacks?: readonly SinkCapability[]
  /** Runs of each law. Default: 30. */
  readonly runs?: number
  /** How long each law may take. Default: 60,000 ms. */
  readonly timeoutMs?: Millis
}

const lacking = ({ sentence }: SinkLaw, missing: readonly SinkCapability[]): string =>
  `${sentence} (skipped, the target lacks ${missing.map((name) => `"${name}": ${sinkCapabilities[name]}`).join('; ')})`

/**
 * What every sink must do, as vitest tests: laws over random backends, run against the real target or one that speaks
 * its protocol. `make` is called once per run. Call this at the top of a test file:
 *
 * ```ts
 * sinkContract('my sink', make, { lacks: ['adoption'] })
 * ```
 *
 * The contract fails if the harness has a capability that `lacks` names, and if a capability is in neither.
 */
export const sinkContract = <V>(
  name: string,
  make: () => Promise<SinkHarness<V>>,
  { lacks = [], runs = 30, timeoutMs = 60_000 }: SinkContractOptions = {},
): void => {
  describe(`sink contract: ${name}`, { timeout: timeoutMs }, () => {
    it('the harness has every capability but those that the target lacks', async () => {
      const harness = await make()
      const has = capabilitiesOf(harness)
      await harness.dispose()
      const shared: readonly SinkCapability[] = ['foreign-rows', 'adoption', 'restart', 'races']
      expect(
        sinkCapabilityNames.filter((one) => has.has(one) === lacks.includes(one) && !shared.includes(one)),
        'capabilities that the harness has and lacks names, or that neither does',
      ).toEqual([])
      expect(
        shared.filter((one) => !has.has(one) && !lacks.includes(one)),
        'capabilities to add to the harness, or to name in lacks',
      ).toEqual([])
    })

    for (const law of [...sinkLaws, ...sinkRaceLaws]) {
      const missing = law.needs.filter((need) => lacks.includes(need))
      if (missing.length > 0) it.skip(lacking(law, missing), () => undefined)
      else it(law.sentence, () => law.check(make, runs))
    }

    it('a version 6 address is offered in brackets', async () => {
      const harness = await make()
      await reconcile(harness.sink, backendsOf([backendOf('web', [{ host: 'fd00::2', port: 8080 }])]))
      expect(await offered(harness)).toEqual(['[fd00::2]:8080'])
      await harness.dispose()
    })
  })
}
