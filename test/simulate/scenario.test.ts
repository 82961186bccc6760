import { expect, it } from 'vitest'
import { parseOptions } from '../../simulate/options.js'
import { seedsOf } from '../../simulate/run-seeds.js'
import { targets } from '../../simulate/targets/target-kind.js'
import { arranged, arrangements } from '../../simulate/world/arrangement.js'
import { type Scenario, scenarioOf } from '../../simulate/world/scenario.js'

const pairsOf = (seeds: readonly Scenario[]): ReadonlySet<string> =>
  new Set(seeds.map(({ arrangement, target }) => `${arrangement} ${target}`))

it('any eight seeds in a row have all arrangements, any twelve all targets, and any 32 each with each that it can have', () => {
  for (let first = 0; first < 100; first++) {
    const eight = Array.from({ length: 8 }, (_, i) => scenarioOf(first + i))
    expect(new Set(eight.map(({ arrangement }) => arrangement))).toEqual(new Set(arrangements))
    const twelve = Array.from({ length: 12 }, (_, i) => scenarioOf(first + i))
    expect(new Set(twelve.map(({ target }) => target))).toEqual(new Set(targets))
    const all = Array.from({ length: 32 }, (_, i) => scenarioOf(first + i))
    const possible = arrangements.flatMap((one) => arranged[one].targets.map((target) => `${one} ${target}`))
    expect([...pairsOf(all)].sort()).toEqual(possible.sort())
  }
})

it.each([[], ['--arrangement', 'directory'], ['--clusters', '3']])(
  'as many seeds are run as have the cluster-days that are asked for, with %s %s',
  (...given) => {
    const options = parseOptions(['--cluster-days', '1000', ...given], 'commit')
    const days = seedsOf(options).map((seed) => scenarioOf(seed, options).clusters.length)
    const sum = days.reduce((a, b) => a + b)
    expect(sum).toBeGreaterThanOrEqual(1_000)
    expect(sum - (days.at(-1) ?? 0)).toBeLessThan(1_000)
  },
)
