import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareAddresses, type Endpoint } from '../../src/core/desired.js'
import { hasAddress, SortedEndpoints } from '../../src/core/sorted-endpoints.js'
import { endpointOf } from '../../src/testing/backends.js'
import { runs } from './runs.js'

/** What a task claims of one backend: up to three ports, the same one twice among them, of any weight. */
const claims: fc.Arbitrary<readonly Endpoint[]> = fc.array(
  fc
    .record({ port: fc.constantFrom(80, 443), weight: fc.constantFrom(undefined, 1, 2) })
    .map(({ port, weight }) => ({ port, weight })),
  { maxLength: 3 },
) as never

type Step =
  | {
      readonly _tag: 'Claim'
      readonly task: number
      readonly ports: readonly { port: number; weight?: number }[]
    }
  | { readonly _tag: 'Look' }

const steps = (tasks: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ _tag: fc.constant('Claim'), task: fc.nat(tasks), ports: claims }) },
      { weight: 1, arbitrary: fc.record({ _tag: fc.constant('Look') }) },
    ),
    { maxLength: 120 },
  ) as never

const endpointsOf = ({ task, ports }: Extract<Step, { _tag: 'Claim' }>): readonly Endpoint[] =>
  ports.map(({ port, weight }) => ({
    ...endpointOf('web', { host: `10.0.0.${task % 4}`, port }, `t${task}`),
    weight,
  }))

describe('sorted endpoints', () => {
  it.each([5, 200])('are what was added and not removed, in order, of up to %i tasks', (tasks) => {
    fc.assert(
      fc.property(steps(tasks), (history) => {
        const sorted = new SortedEndpoints()
        const held = new Map<number, readonly Endpoint[]>()
        for (const step of history) {
          if (step._tag === 'Look') {
            expect(sorted.list.length).toBe([...held.values()].flat().length)
            continue
          }
          for (const endpoint of held.get(step.task) ?? []) sorted.remove({ ...endpoint })
          const next = endpointsOf(step)
          held.set(step.task, next)
          for (const endpoint of next) sorted.add(endpoint)
        }
        const { list } = sorted
        const text = (all: readonly Endpoint[]): readonly string[] =>
          all.map(({ id, host, port, weight }) => JSON.stringify([id, host, port, weight ?? 0])).sort()
        expect(text(list)).toEqual(text([...held.values()].flat()))
        for (let i = 1; i < list.length; i++) {
          const [a, b] = [list[i - 1]!, list[i]!]
          expect(compareAddresses(a, b) || (a.id <= b.id ? -1 : 1)).toBeLessThanOrEqual(0)
        }
        for (const host of ['10.0.0.1', '10.0.0.9'])
          expect(hasAddress(list, { host, port: 80 })).toBe(
            list.some((each) => each.host === host && each.port === 80),
          )
      }),
      { numRuns: Math.max(runs, 200) },
    )
  })

  it('are the same list while their content is the same', () => {
    const sorted = new SortedEndpoints()
    const endpoint = endpointOf('web', { host: '10.0.0.1', port: 80 }, 'a')
    sorted.add(endpoint)
    const { list } = sorted
    sorted.remove({ ...endpoint })
    sorted.add({ ...endpoint })
    expect(sorted.list).toBe(list)
    sorted.remove(endpoint)
    sorted.add({ ...endpoint, weight: 2 })
    expect(sorted.list).not.toBe(list)
    expect(list).toEqual([endpoint])
  })
})
