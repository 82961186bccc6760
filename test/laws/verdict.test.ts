import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/core/sink.js'
import { verdictOf } from '../../src/core/verdict.js'

type Hosts = readonly string[]

const own = (value: Hosts): Row<Hosts> => ({ key: 'k', value, owner: 'me', etag: undefined })

const sink = {
  equals: (a: Hosts, b: Hosts) => a.join() === b.join(),
  adopt: false,
  prune: (): Hosts | undefined => undefined,
  hostsOf: (value: Hosts) => value,
}

const options = { owner: 'me', unjudged: new Set(['dark']) }

const judge = (row: Row<Hosts> | undefined, after: Hosts | undefined, other = {}) =>
  verdictOf({ ...sink, ...other }, 'k', row, after, options)

describe('the verdict on a record', () => {
  it('that nobody has', () => {
    expect(judge(undefined, undefined)).toBeUndefined()
    expect(judge(undefined, ['a'])).toEqual({
      _tag: 'Change',
      change: { _tag: 'Create', key: 'k', after: ['a'] },
    })
  })

  it('of ours', () => {
    const before = own(['a'])
    expect(judge(before, ['a'])).toBeUndefined()
    expect(judge(before, ['b'])).toEqual({
      _tag: 'Change',
      change: { _tag: 'Update', key: 'k', before, after: ['b'] },
    })
    expect(judge(before, [])).toMatchObject({ _tag: 'Emptying', change: { _tag: 'Update' } })
    // One without hosts is not emptied, and a sink that cannot tell empties nothing.
    expect(judge(own([]), [], { equals: () => false })).toMatchObject({ _tag: 'Change' })
    expect(judge(before, [], { hostsOf: undefined })).toMatchObject({ _tag: 'Change' })
  })

  it('of ours that nobody wants', () => {
    const before = own(['a'])
    expect(judge(before, undefined)).toEqual({
      _tag: 'Pruning',
      change: { _tag: 'Delete', key: 'k', before },
    })
    expect(judge(before, undefined, { prune: () => [] })).toEqual({
      _tag: 'Pruning',
      change: { _tag: 'Update', key: 'k', before, after: [] },
    })
    expect(judge(before, undefined, { prune: () => ['a'] })).toBeUndefined()
    const dark = own(['a', 'dark'])
    const skip = { _tag: 'Skip', change: { _tag: 'Delete', key: 'k', before: dark }, why: 'unjudged' }
    expect(judge(dark, undefined)).toEqual(skip)
    expect(judge(dark, undefined, { hostsOf: undefined })).toEqual(skip)
  })

  it.each([undefined, 'other'])('of %s', (owner) => {
    const before = { ...own(['a']), owner }
    expect(judge(before, undefined)).toBeUndefined()
    expect(judge(before, ['a'])).toBeUndefined()
    const change = { _tag: 'Update', key: 'k', before, after: ['b'] }
    expect(judge(before, ['b'])).toEqual({ _tag: 'Skip', change, why: 'foreign' })
    expect(judge(before, ['b'], { adopt: true })).toEqual(
      owner === undefined ? { _tag: 'Change', change } : { _tag: 'Skip', change, why: 'foreign' },
    )
  })
})
