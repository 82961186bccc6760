import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import { completenessOf, type CompletenessOptions, type NamelessTask } from '../../src/core/completeness.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { isCovered } from '../../src/core/is-covered.js'
import { reduce } from '../../src/core/reduce.js'

const arnOf = (name: string): string => `arn:aws:ecs:eu-west-1:123456789012:cluster/${name}`
const [a = '', b = '', c = ''] = ['a', 'b', 'c'].map(arnOf)

const read = (cluster: string, order = 5): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: 5,
  order,
  tasks: [],
})
const named = (name: string, ...clusters: readonly string[]): ClusterEvent => ({
  _tag: 'ClusterIdentified',
  named: name,
  order: 1,
  clusters,
})
const refused = (key: string, at = 1): ClusterEvent => ({ _tag: 'LookupRefused', key, at, reason: 'no' })
const stateOf = (...events: readonly ClusterEvent[]): ClusterState => events.reduce(reduce, emptyState)

const of = (
  covers: readonly string[],
  events: readonly ClusterEvent[] = [],
  nameless: readonly NamelessTask[] = [],
  options: Partial<CompletenessOptions> = {},
) => completenessOf(stateOf(...events), nameless, { covers, pooled: false, ...options })

const without = (why: 'waiting' | 'refused', cluster: string, host?: string): NamelessTask => ({
  why,
  host,
  cluster,
  origin: `${cluster} web`,
})
const origin = (cluster: string) => ({ cluster, origin: `${cluster} web` })

describe('the desired state is complete', () => {
  it.each<[string, boolean, readonly string[], readonly ClusterEvent[], readonly NamelessTask[]]>([
    ['when nothing is covered', false, [], [read(a)], []],
    ['before a covered cluster was read', false, [a, b], [read(a)], []],
    ['when every covered cluster was read', true, [a, b], [read(a), read(b)], []],
    ['when one of the name was read', true, ['a'], [read(a)], []],
    ['when one of another name was read', false, ['a'], [read(b)], []],
    ['when one of the pattern was read', true, ['*'], [read(a)], []],
    ['before all were read for which a name stands', false, ['*'], [named('*', a, b), read(a)], []],
    ['when all were read for which a name stands', true, ['*'], [named('*', a, b), read(a), read(b)], []],
    ['while a cluster is refused', false, [a, b], [read(a), refused(b)], []],
    ['while a task waits for its definition', false, [a], [read(a)], [without('waiting', a)]],
    [
      'while the names of a task on an unknown host are refused',
      false,
      [a],
      [read(a)],
      [without('refused', a)],
    ],
    [
      'while the names of a task are refused whose host is known',
      true,
      [a],
      [read(a)],
      [without('refused', a, 'h')],
    ],
  ])('%s: %s', (_, complete, covers, events, nameless) => {
    expect(of(covers, events, nameless).complete).toBe(complete)
  })
})

describe('a covered cluster is awaited', () => {
  it.each<[string, readonly string[], readonly string[], readonly ClusterEvent[]]>([
    ['until it was read', [a, 'z'], ['z', a, b], [read(b)]],
    ['by its ARN where that is known', [b, c], ['z'], [named('z', c, b, a), read(a)]],
    [
      'not when it is refused, by its name or its ARN',
      [],
      [a, 'z', c],
      [read(c), refused(a), named('z', b), refused('z')],
    ],
    ['not when the ARN of a name is refused', [], ['z', c], [read(c), named('z', b), refused(b)]],
    ['even when it is refused, while none was read', [a, b, 'z'], ['z', b, a], [refused(b), refused('z')]],
  ])('%s', (_, awaited, covers, events) => {
    expect(of(covers, events).awaited).toEqual(awaited)
  })
})

describe('the readings', () => {
  it('are the newest orders of what is covered, read, and not refused since', () => {
    expect(of([a, 'b', 'z'], [read(a, 3), read(b, 4), read(c, 5)]).readings).toEqual(
      new Map([
        [a, 3],
        [b, 4],
      ]),
    )
    expect(of(['*'], [named('*', a, c), read(a, 3), read(b, 4)]).readings).toEqual(new Map([[a, 3]]))
    expect(of([a], [read(a, 3), refused(a, 3)]).readings).toEqual(new Map([[a, 3]]))
    expect(of([a], [read(a, 3), refused(a, 4)]).readings).toEqual(new Map())
    expect(of(['a'], [read(a, 3), refused('a', 4)]).readings).toEqual(new Map())
    expect(of(['a'], [read(a, 3), refused('a', 2)]).readings).toEqual(new Map([[a, 3]]))
  })
})

it('the hosts that cannot be judged are those of tasks whose names are refused', () => {
  const { unjudged } = of(
    [a],
    [read(a)],
    [without('refused', a, 'x'), without('waiting', a, 'y'), without('refused', a)],
  )
  expect(unjudged).toEqual(new Set(['x']))
})

describe('all that may claim a name is known', () => {
  it.each<[string, boolean, readonly string[], readonly ClusterEvent[], readonly NamelessTask[], boolean?]>([
    ['when the cluster was read', true, [b], [read(b)], []],
    ['before the cluster was read', false, [a, b], [read(a)], []],
    ['while a task of the cluster waits', false, [b], [read(b)], [without('waiting', b)]],
    ['while a task of another cluster waits', true, [b], [read(b)], [without('waiting', a)]],
    ['while one of its origin was refused', false, [b], [read(b)], [without('refused', b, 'h')]],
    ['while one of another origin was refused', true, [b], [read(b)], [without('refused', a, 'h')]],
    ['while a cluster is awaited that comes first', false, [a, b], [read(b)], []],
    ['while a cluster is awaited that comes later', true, [b, c], [read(b)], []],
    ['while a name is awaited', false, [b, 'z'], [read(b)], []],
    ['while a cluster that comes first is refused', true, [a, b], [read(b), refused(a)], []],
    ['while any is awaited, if names are shared', false, [b, c], [read(b)], [], true],
    ['while any task waits, if names are shared', false, [b], [read(b)], [without('waiting', a)], true],
    ['when all is known, if names are shared', true, [b], [read(b)], [], true],
  ])('%s: %s', (_, known, covers, events, nameless, pooled = false) => {
    expect(of(covers, events, nameless, { pooled }).knows(origin(b))).toBe(known)
  })
})

it('addresses may be removed once the cluster was read, and always where no source covers it', () => {
  expect(of([a, b], [read(b)]).mayRemove(origin(b))).toBe(true)
  expect(of([a, b], [read(a)]).mayRemove(origin(b))).toBe(false)
  expect(of([a], []).mayRemove(origin(b))).toBe(true)
  expect(of(['*'], [named('*', a)]).mayRemove(origin(b))).toBe(true)
})

it('a cluster is covered if a name stands for it, or may', () => {
  const known = stateOf(named('*', a), named('b', c))
  expect(isCovered(a, ['*'], known)).toBe(true)
  expect(isCovered(b, ['*', 'b'], known)).toBe(false)
  expect(isCovered(b, ['*', 'b'], emptyState)).toBe(true)
  expect(isCovered(b, ['a'], emptyState)).toBe(false)
  expect(isCovered(b, [a, b], emptyState)).toBe(true)
  expect(isCovered(b, [], emptyState)).toBe(false)
})

it('the view differs where an answer does, and not for a newer reading or another order', () => {
  const views = [
    of([a, b, 'z'], [read(b)]),
    of([a, b, 'z'], [read(b), read(a)]),
    of([a, b, 'z'], [read(b), refused(a)]),
    of([a, b, 'z'], [read(b)], [without('waiting', b)]),
    of([a, b, 'z'], [read(b)], [without('waiting', a)]),
    of([a, b, 'z'], [read(b)], [without('refused', b)]),
    of([a, b, 'z'], [read(b)], [without('refused', b, 'h')]),
    of([a, b, 'z'], [read(b)], [without('refused', b, 'i')]),
    of([a, b, 'z'], [read(b)], [without('refused', a, 'i')]),
  ].map(({ view }) => view)
  expect(new Set(views).size).toBe(views.length)
  expect(of([a, b, 'z'], [read(b, 9)]).view).toBe(views[0])
  const nameless = [
    without('refused', a, 'h'),
    without('refused', b, 'i'),
    without('waiting', a),
    without('waiting', b),
  ]
  expect(of([a, b], [read(a), read(b)], nameless).view).toBe(
    of([a, b], [read(b), read(a)], [...nameless].reverse()).view,
  )
})
