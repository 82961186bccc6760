import { expect, it } from 'vitest'
import { parseOptions } from '../../simulate/options.js'
import { seedsOf } from '../../simulate/run-seeds.js'
import { arrangements, scenarioOf, targets } from '../../simulate/world/scenario.js'

it('any eight seeds in a row have all arrangements, and any sixteen each with both targets', () => {
  for (let first = 0; first < 100; first++) {
    const eight = Array.from({ length: 8 }, (_, i) => scenarioOf(first + i))
    expect(new Set(eight.map(({ arrangement }) => arrangement))).toEqual(new Set(arrangements))
    const sixteen = Array.from({ length: 16 }, (_, i) => scenarioOf(first + i))
    const pairs = new Set(sixteen.map(({ arrangement, target }) => `${arrangement} ${target}`))
    expect(pairs.size).toBe(arrangements.length * targets.length)
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
