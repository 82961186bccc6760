import { describe, expect, it } from 'vitest'
import { mapSink } from '../../src/core/map-sink.js'
import { keepsUnexplained, mergeIncomplete } from '../../src/core/merge-incomplete.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { Change, Outcome, Sink } from '../../src/core/sink.js'
import { compareAndSwap } from '../../src/sinks/kit/compare-and-swap.js'

const { signal } = new AbortController()

/** A sink with every member, as an instance of a class that needs its `this`. */
class Whole implements Required<Sink<string>> {
  readonly name = 'whole'
  readonly required = false
  readonly dry = false
  readonly local = true
  readonly adopt = true
  readonly parts = { ofBackend: () => '', ofRecord: () => [''] }
  readonly #asked: string[] = []
  get asked(): readonly string[] {
    return this.#asked
  }
  equals(a: string, b: string) {
    this.#asked.push('equals')
    return a === b
  }
  render() {
    this.#asked.push('render')
    return new Map<string, string>()
  }
  prune() {
    this.#asked.push('prune')
    return undefined
  }
  hostsOf() {
    this.#asked.push('hostsOf')
    return []
  }
  endpointsOf() {
    this.#asked.push('endpointsOf')
    return []
  }
  emptied(before: string) {
    this.#asked.push('emptied')
    return before
  }
  read() {
    this.#asked.push('read')
    return Promise.resolve([])
  }
  apply() {
    this.#asked.push('apply')
    return Promise.resolve([])
  }
  synced() {
    this.#asked.push('synced')
  }
  warnings() {
    this.#asked.push('warnings')
    return []
  }
  examine() {
    this.#asked.push('examine')
    return Promise.resolve([])
  }
}

describe('mapSink', () => {
  it('has every member of its sink, and calls each on the sink itself', () => {
    const whole = new Whole()
    const mapped = mapSink<string>(whole, {})
    const members = Object.getOwnPropertyNames(Whole.prototype).filter(
      (member) => member !== 'constructor' && member !== 'asked',
    )
    for (const member of members)
      (Reflect.get(mapped, member) as (...args: readonly unknown[]) => unknown)('')
    expect(whole.asked).toEqual(members)
    expect(mapped).toMatchObject({ name: 'whole', required: false, dry: false, local: true, adopt: true })
    expect(Object.keys(mapped).sort()).toEqual(
      [...members, 'adopt', 'dry', 'local', 'name', 'parts', 'required'].sort(),
    )
  })

  it('has no parts of a rendering that is replaced', () => {
    expect(mapSink<string>(new Whole(), { render: () => new Map() })).not.toHaveProperty('parts')
  })

  it('has no member that its sink has not', () => {
    const whole = new Whole()
    const least: Sink<string> = {
      name: whole.name,
      adopt: whole.adopt,
      equals: (a, b) => whole.equals(a, b),
      render: () => whole.render(),
      prune: () => whole.prune(),
      read: () => whole.read(),
      apply: () => whole.apply(),
    }
    const mapped = mapSink<string>(least, { name: 'other' })
    expect(Object.keys(mapped).sort()).toEqual([
      'adopt',
      'apply',
      'equals',
      'name',
      'prune',
      'read',
      'render',
    ])
    expect(mapped.name).toBe('other')
  })
})

describe('mergeIncomplete', () => {
  const gone = [{ host: '10.0.0.9', port: 80 }]
  const addressOf = (part: string) => (part === '?' ? undefined : part.replace(/ .*/, ''))
  const parts = {
    live: ['10.0.0.1:80 new', '10.0.0.1:80 second'],
    held: ['10.0.0.1:80 old', '10.0.0.2:80 old', '10.0.0.9:80 old', '?'],
    addressOf,
  }

  it('of a complete backend is what is live alone, the first of each address', () => {
    expect(mergeIncomplete({ complete: true, gone }, parts)).toEqual(['10.0.0.1:80 new'])
  })

  it('of an incomplete one keeps what is held, but for what is gone; what is live replaces it', () => {
    expect(mergeIncomplete({ complete: false, gone }, parts)).toEqual([
      '10.0.0.1:80 new',
      '10.0.0.2:80 old',
      '?',
    ])
  })

  it('compares by identity where a part has more than its address', () => {
    expect(mergeIncomplete({ complete: false, gone: [] }, { ...parts, identityOf: (part) => part })).toEqual([
      ...parts.live,
      ...parts.held,
    ])
  })

  it('knows addresses of version 6 in upper and lower case', () => {
    const stays = keepsUnexplained({ complete: false, gone: [{ host: 'FD00::A', port: 80 }] })
    expect([stays('[fd00::a]:80'), stays('[fd00::b]:80'), stays(undefined)]).toEqual([false, true, true])
  })
})

describe('compareAndSwap', () => {
  const changes = Array.from({ length: 20 }, (_, i): Change<string> => ({
    _tag: 'Create',
    key: String(i),
    after: 'x',
  }))
  const done = ({ key }: Change<string>): Outcome<string> => ({ _tag: 'Done', key, row: undefined })

  it('makes as many writes at a time as it may, and one outcome a change', async () => {
    let [underWay, most] = [0, 0]
    const apply = compareAndSwap<string>(
      async (change) => {
        most = Math.max(most, ++underWay)
        await Promise.resolve()
        underWay--
        return done(change)
      },
      { concurrency: 3 },
    )
    const outcomes = await apply(changes, 'me', signal)
    expect(outcomes.map(({ key }) => key).sort()).toEqual(changes.map(({ key }) => key).sort())
    expect(most).toBe(3)
  })

  it('reports what a write throws as failed, and makes the others', async () => {
    const apply = compareAndSwap<string>((change) =>
      change.key === '7' ? Promise.reject(new Error('throttled')) : Promise.resolve(done(change)),
    )
    const outcomes = await apply(changes, 'me', signal)
    expect(outcomes.filter(({ _tag }) => _tag === 'Failed')).toEqual([
      { _tag: 'Failed', key: '7', error: new Error('throttled') },
    ])
    expect(outcomes).toHaveLength(20)
  })

  it('has no outcomes where there are no changes', async () => {
    const apply = compareAndSwap<string>((change) => Promise.resolve(done(change)))
    expect(await apply([], 'me', signal)).toEqual([])
  })
})

describe('a PersistentMap', () => {
  const map = PersistentMap.from([
    ['web', { port: 80 }],
    ['api', { port: 81 }],
  ])

  it('has keys and entries', () => {
    expect([...map.keys()].sort()).toEqual(['api', 'web'])
    expect(new Map(map.entries())).toEqual(new Map(map))
  })

  it('is a text that people can read, ordered by key', () => {
    expect(String(map)).toBe('PersistentMap(2) {"api":{"port":81},"web":{"port":80}}')
    expect(JSON.stringify({ map })).toBe('{"map":{"api":{"port":81},"web":{"port":80}}}')
  })

  it('is shown by console.log as a Map', async () => {
    const { inspect } = await import('node:util')
    expect(inspect(map)).toBe(inspect(new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))))
  })
})
