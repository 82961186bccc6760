import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { hashOf } from '../../src/core/trie.js'
import { holds } from './holds.js'

interface Value {
  readonly n: number
}

/**
 * The first three have one hash of 32 bits; the hash of the fourth differs from theirs in the highest four bits only.
 */
const colliding = ['1ybo2v1/1v', 'iy379v/n', '1mr56d/1m', 'o6gxo0/4'] as const
const alsoColliding = ['14chr0j/14', '1uz0qi5/2', 'ocv50g/q'] as const

const key = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...colliding, ...alsoColliding) },
  { weight: 2, arbitrary: fc.nat(200).map((n) => `arn:aws:ecs:eu-west-1:123456789012:task/staging/${n}`) },
  { weight: 1, arbitrary: fc.string({ maxLength: 2 }) },
)
// Few values, shared by identity: a value may be set that is there already.
const values: readonly Value[] = [{ n: 0 }, { n: 1 }, { n: 2 }]
const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('set' as const), key, value: fc.constantFrom(...values) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never
const steps = fc.array(step, { maxLength: 60, size: 'max' })

const taken = (map: PersistentMap<Value>, one: Step): PersistentMap<Value> =>
  one.do === 'set' ? map.set(one.key, one.value) : map.delete(one.key)
const model = (all: readonly Step[]): Map<string, Value> => {
  const map = new Map<string, Value>()
  for (const one of all)
    if (one.do === 'set') map.set(one.key, one.value)
    else map.delete(one.key)
  return map
}

type Difference = readonly [key: string, before: Value | undefined, after: Value | undefined]
const byKey = (a: Difference, b: Difference): number => (a[0] < b[0] ? -1 : 1)

const differences = (before: PersistentMap<Value>, after: PersistentMap<Value>): readonly Difference[] => {
  const found: Difference[] = []
  after.diff(before, (...difference) => found.push(difference))
  return found.sort(byKey)
}
const bruteForce = (
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
): readonly Difference[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .map((name): Difference => [name, before.get(name), after.get(name)])
    .filter(([, was, is]) => was !== is)
    .sort(byKey)

it('keys of the laws of the persistent map really collide', () => {
  strictEqual(new Set(colliding.slice(0, 3).map(hashOf)).size, 1)
})

const anonymous = PersistentMap.empty<Value>()
/** Each value is set under the key that it holds, and under others. */
const keyed = PersistentMap.keyedBy<Value>(({ n }) => colliding[n] ?? `task/${n}`)

describe.each([
  ['a persistent map', anonymous, keyed],
  ['a persistent map of values that hold keys', keyed, anonymous],
] as const)('%s', (_, empty, other) => {
  const buildFrom = (from: PersistentMap<Value>, all: readonly Step[]): PersistentMap<Value> =>
    all.reduce(taken, from)
  const build = (all: readonly Step[]): PersistentMap<Value> => buildFrom(empty, all)

  it('behaves as a Map: get, has, size, iteration', () => {
    holds(
      fc.property(steps, key, (all, another) => {
        const map = build(all)
        const expected = model(all)
        strictEqual(map.size, expected.size)
        for (const name of [...expected.keys(), another]) {
          strictEqual(map.get(name), expected.get(name))
          strictEqual(map.has(name), expected.has(name))
        }
        strictEqual([...map].length, expected.size)
        deepStrictEqual(new Map(map), expected)
        deepStrictEqual(
          [...map.values()],
          [...map].map(([, value]) => value),
        )
      }),
    )
  })

  it('never changes: every earlier version stays as it was', () => {
    holds(
      fc.property(steps, (all) => {
        const versions = [empty]
        for (const one of all) versions.push(taken(versions.at(-1) ?? empty, one))
        versions.forEach((version, i) => deepStrictEqual(new Map(version), model(all.slice(0, i))))
      }),
    )
  })

  it('is the same map where nothing changes', () => {
    holds(
      fc.property(steps, step, (all, one) => {
        const map = taken(build(all), one)
        strictEqual(taken(map, one), map)
      }),
    )
  })

  it('is empty, and as good as new, when all has been deleted', () => {
    holds(
      fc.property(steps, (all) => {
        let map = build(all)
        for (const [name] of map) map = map.delete(name)
        strictEqual(map.size, 0)
        deepStrictEqual(JSON.stringify(map), JSON.stringify(empty))
      }),
    )
  })

  it('has a shape that its contents decide, but for the order inside a collision', () => {
    const collide = new Set<string>([...colliding.slice(1), ...alsoColliding.slice(1)])
    const plain = steps.map((all) => all.filter((one) => !collide.has(one.key)))
    holds(
      fc.property(plain, (all) => {
        const map = build(all)
        const sorted = [...map].sort(([a], [b]) => (a < b ? -1 : 1))
        deepStrictEqual(
          map,
          sorted.reduce((anew, [name, value]) => anew.set(name, value), empty),
        )
      }),
    )
  })

  it('differs from another by exactly what a comparison of all keys finds, each once', () => {
    holds(
      fc.property(steps, steps, steps, (shared, left, right) => {
        const base = build(shared)
        const [a, b] = [left.reduce(taken, base), right.reduce(taken, base)]
        const [inA, inB] = [model([...shared, ...left]), model([...shared, ...right])]
        deepStrictEqual(differences(a, b), bruteForce(inA, inB))
        deepStrictEqual(differences(b, a), bruteForce(inB, inA))
        // Nothing shared at all: built from scratch.
        deepStrictEqual(differences(build([...shared, ...left]), b), bruteForce(inA, inB))
        deepStrictEqual(differences(buildFrom(other, [...shared, ...left]), b), bruteForce(inA, inB))
        deepStrictEqual(differences(a, a), [])
      }),
    )
  })

  it('shares all but one path with the version before', () => {
    let many = empty
    for (let n = 0; n < 100_000; n++) many = many.set(`task/${n}`, { n })
    const old = nodesOf(many)
    holds(
      fc.property(fc.nat(100_100), fc.boolean(), (n, gone) => {
        const next = gone ? many.delete(`task/${n}`) : many.set(`task/${n}`, { n: -1 })
        let copied = 0
        const walk = (node: object): void => {
          if (old.has(node)) return
          copied++
          childrenOf(node).forEach(walk)
        }
        walk(rootOf(next))
        // At most seven levels of five bits, and a leaf, or two where their paths part anew.
        ok(copied <= 9, `${copied} nodes were copied`)
      }),
    )
  })
})

// The sharing shows only in the map's insides.
const rootOf = (map: PersistentMap<Value>): object => (map as unknown as { readonly root: object }).root
const childrenOf = (node: object): readonly object[] =>
  'children' in node ? (node.children as readonly object[]) : []
const nodesOf = (map: PersistentMap<Value>): ReadonlySet<object> => {
  const found = new Set<object>()
  const walk = (node: object): void => {
    found.add(node)
    childrenOf(node).forEach(walk)
  }
  walk(rootOf(map))
  return found
}
