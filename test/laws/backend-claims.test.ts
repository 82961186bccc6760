/** What the claims of tasks to one backend come to: who holds it, its endpoints, and what must leave it. */
import { describe, expect, it } from 'vitest'
import { BackendClaims, mostLosers } from '../../src/core/backend-claims.js'
import type { Claim, TaskClaims } from '../../src/core/claim.js'
import type { Completeness } from '../../src/core/completeness.js'
import type { Address, Endpoint, Share } from '../../src/core/desired.js'
import { endpointOf } from '../../src/testing/backends.js'

const at = (host: string, port = 80): Address => ({ host, port })

const endpoint = (task: string, address: Address, more: Partial<Endpoint> = {}): Endpoint => ({
  ...endpointOf('web', address, task),
  task,
  ...more,
})

const live = (task: string, address: Address, more: Partial<Endpoint> = {}): Claim => ({
  _tag: 'Live',
  backend: 'web',
  endpoint: endpoint(task, address, more),
})
const unhealthy = (task: string, address: Address, more: Partial<Endpoint> = {}): Claim => ({
  _tag: 'Unhealthy',
  backend: 'web',
  endpoint: endpoint(task, address, more),
})
const gone = (address: Address): Claim => ({ _tag: 'Gone', backend: 'web', address })
const waiting = (host: string | undefined): Claim => ({ _tag: 'Waiting', backend: 'web', host })

const by = (task: string, group: string, ...claims: readonly Claim[]): TaskClaims => ({
  task,
  cluster: 'c',
  group,
  claims,
  unresolved: undefined,
  nameless: undefined,
})

const known: Completeness = {
  complete: true,
  awaited: [],
  unjudged: new Set(),
  readings: new Map(),
  knows: () => true,
  mayRemove: () => true,
  mayHost: () => false,
  view: '',
  hosts: '',
}
const unknown: Completeness = { ...known, complete: false, knows: () => false }

const made = (all: readonly TaskClaims[], pooled = false): BackendClaims => {
  const claims = new BackendClaims('web', pooled)
  for (const each of all) claims.replace(undefined, each)
  return claims
}

/** The addresses of a backend's endpoints. */
const hostsIn = (claims: BackendClaims, completeness = known) =>
  claims.build(completeness).endpoints.map(({ host }) => host)

describe('a name is held', () => {
  it('by the least origin, in any order', () => {
    const both = [by('t1', 'b', live('t1', at('1'))), by('t2', 'a', live('t2', at('2')))]
    expect(made(both).holder).toBe('c a')
    expect(made(both.toReversed()).holder).toBe('c a')
    expect(hostsIn(made(both))).toEqual(['2'])
  })

  it('by none that only has addresses of ended tasks, unless all are so', () => {
    const ended = [by('t1', 'a', gone(at('1'))), by('t2', 'b', gone(at('2')))]
    expect(made(ended).holder).toBe('c a')
    expect(made([...ended, by('t3', 'b', waiting('3'))]).holder).toBe('c b')
    expect(made([...ended, by('t3', 'b', unhealthy('t3', at('3')))]).holder).toBe('c b')
    expect(made([...ended, by('t3', 'b', gone(at('2')), live('t3', at('3')))]).holder).toBe('c b')
  })

  it('by another one once the holder ends', () => {
    const [a, b] = [by('t1', 'a', live('t1', at('1'))), by('t2', 'b', live('t2', at('2')))]
    const claims = made([a, b])
    expect(claims.holder).toBe('c a')
    const ended = by('t1', 'a', gone(at('1')))
    claims.replace(a, ended)
    expect(claims.holder).toBe('c b')
    claims.replace(ended, a)
    expect(claims.holder).toBe('c a')
    claims.replace(a, undefined)
    expect(claims.holder).toBe('c b')
    claims.replace(b, undefined)
    expect(claims.holder).toBeUndefined()
    expect(claims.isEmpty).toBe(true)
    expect(claims.build(known)).toEqual({ name: 'web', endpoints: [], gone: [], complete: true })
  })

  it('as long as one of its tasks is there', () => {
    const [first, second] = [by('t1', 'a', live('t1', at('1'))), by('t2', 'a', live('t2', at('2')))]
    const claims = made([first, second])
    claims.replace(first, undefined)
    expect(claims.isEmpty).toBe(false)
    expect(hostsIn(claims)).toEqual(['2'])
  })

  it('by nobody if origins share it', () => {
    const all = [by('t1', 'b', live('t1', at('1'))), by('t2', 'a', live('t2', at('2')), waiting('2'))]
    expect(made(all, true).holder).toBeUndefined()
    expect(made(all, true).losers).toEqual([])
    expect(hostsIn(made(all, true))).toEqual(['1', '2'])
  })

  it('by nobody whose claims are to other names', () => {
    const claims = made([by('t1', 'a', { ...live('t1', at('1')), backend: 'api' })])
    expect(claims.isEmpty).toBe(true)
    expect(claims.mayRemove).toBe(false)
  })
})

describe('tasks that do not get the name', () => {
  it('are all of other origins that run or wait, by ARN', () => {
    const claims = made([
      by('t5', 'b', live('t5', at('5'))),
      by('t4', 'b', unhealthy('t4', at('4'))),
      by('t3', 'z', waiting('3')),
      by('t2', 'b', gone(at('2'))),
      by('t1', 'a', live('t1', at('1'))),
    ])
    expect(claims.losers).toEqual(['t3', 't4', 't5'].map((task) => ({ task, cluster: 'c' })))
  })

  it('are none if one origin claims it, and no more than are shown', () => {
    const many = Array.from({ length: mostLosers + 1 }, (_, i) => `t${1000 + i}`)
    const claimed = many.map((task) => by(task, 'b', live(task, at('1'))))
    expect(made(claimed).losers).toEqual([])
    const { losers } = made([...claimed, by('t1', 'a', live('t1', at('1')))])
    expect(losers.map(({ task }) => task)).toEqual(many.slice(0, 100))
  })

  it('are none any more once they stop to wait', () => {
    const waits = by('t2', 'b', waiting('3'))
    const claims = made([by('t1', 'a', live('t1', at('1'))), waits])
    expect(claims.losers).toEqual([{ task: 't2', cluster: 'c' }])
    claims.replace(waits, by('t2', 'b', gone(at('3'))))
    expect(claims.losers).toEqual([])
  })
})

describe('endpoints', () => {
  it('are those that are not unhealthy; if all are unhealthy, all of them', () => {
    const sick = by('t1', 'a', unhealthy('t1', at('1')))
    const well = by('t2', 'a', live('t2', at('2')))
    const claims = made([sick, well])
    expect(hostsIn(claims)).toEqual(['2'])
    claims.replace(well, undefined)
    expect(hostsIn(claims)).toEqual(['1'])
    claims.replace(sick, by('t1', 'a', live('t1', at('1'))))
    expect(hostsIn(claims)).toEqual(['1'])
  })

  it.each([live, unhealthy])('of services that deploy in stages are balanced', (claim) => {
    const share: Share = { revision: 'r', role: 'target', percent: 100, weight: 0 }
    const idle: Share = { ...share, revision: 's', percent: 0 }
    const claims = made([
      by('t1', 'a', claim('t1', at('1'), { share })),
      by('t2', 'a', claim('t2', at('2'), { share: idle })),
    ])
    expect(claims.build(known).endpoints).toMatchObject([{ host: '1', share: { percent: 100, weight: 1 } }])
  })

  it('of a revision without traffic do not keep unhealthy ones away', () => {
    const share: Share = { revision: 's', role: 'target', percent: 0, weight: 0 }
    expect(
      hostsIn(made([by('t1', 'a', live('t1', at('1'), { share })), by('t2', 'a', unhealthy('t2', at('2')))])),
    ).toEqual(['2'])
  })

  it('are the same list, and the same backend, while their content is the same', () => {
    const was = by('t1', 'a', live('t1', at('1')), live('t1', at('1', 81)))
    const claims = made([was])
    const backend = claims.build(known)
    const again = by('t1', 'a', live('t1', at('1')), live('t1', at('1', 81)))
    claims.replace(was, again)
    expect(claims.build(known)).toBe(backend)
    claims.replace(again, undefined)
    claims.replace(undefined, by('t1', 'a', live('t1', at('1')), live('t1', at('1', 82))))
    const next = claims.build(known)
    expect(next).not.toBe(backend)
    expect(next.endpoints.map(({ port }) => port)).toEqual([80, 82])
    const incomplete = claims.build(unknown)
    expect(incomplete).toMatchObject({ complete: false })
    expect(incomplete.endpoints).toBe(next.endpoints)
    claims.replace(undefined, by('t2', 'a', live('t2', at('2'))))
    expect(claims.build(known).endpoints).toHaveLength(3)
  })

  it('with shares are the same list, too, although they are balanced anew', () => {
    const share: Share = { revision: 'r', role: 'target', percent: 100, weight: 0 }
    const claims = made([by('t1', 'a', live('t1', at('1'), { share }), live('t1', at('1', 81), { share }))])
    expect(claims.build(known)).toBe(claims.build(known))
    expect(claims.build(unknown).endpoints).toBe(claims.build(known).endpoints)
  })
})

describe('a backend is complete', () => {
  it('unless a task waits that may join it', () => {
    const waits = by('t1', 'a', waiting(undefined))
    const claims = made([by('t2', 'a', live('t2', at('2'))), waits])
    expect(claims.build(known).complete).toBe(false)
    claims.replace(waits, undefined)
    expect(claims.build(known).complete).toBe(true)
  })

  it('if the clusters of its holder are known, whatever is known of others', () => {
    const all = [by('t1', 'a', live('t1', at('1'))), by('t2', 'b', live('t2', at('2')))]
    const knowing = (origin: string): Completeness => ({ ...known, knows: (one) => one.origin === origin })
    expect(made(all).build(knowing('c a')).complete).toBe(true)
    expect(made(all).build(knowing('c b')).complete).toBe(false)
    expect(made(all, true).build(knowing('c a')).complete).toBe(false)
    expect(made(all, true).build(known).complete).toBe(true)
  })
})

describe('what must leave an incomplete backend', () => {
  const ended = by('t1', 'a', gone(at('2')), gone(at('1', 81)), gone(at('1')))

  it('is each address of an ended task, in order, with its port', () => {
    expect(made([ended]).build(unknown)).toEqual({
      name: 'web',
      endpoints: [],
      gone: [at('1'), at('1', 81), at('2')],
      complete: false,
    })
    expect(made([ended]).build(known).gone).toEqual([])
    expect(made([by('t1', 'a', gone(at('fd00::1', 8080)))]).build(unknown).gone).toEqual([
      at('fd00::1', 8080),
    ])
  })

  it('is none that one of its endpoints has', () => {
    const claims = made([ended, by('t2', 'a', live('t2', at('1')))])
    expect(claims.build(unknown).gone).toEqual([at('1', 81), at('2')])
  })

  it('is that of an unhealthy task that is not offered, and of one without traffic', () => {
    const share: Share = { revision: 's', role: 'target', percent: 0, weight: 0 }
    const claims = made([
      by('t1', 'a', live('t1', at('1'))),
      by('t2', 'a', unhealthy('t2', at('2'))),
      by('t3', 'a', live('t3', at('3'), { share })),
    ])
    expect(claims.build(unknown)).toMatchObject({ gone: [at('2'), at('3')], endpoints: [{ host: '1' }] })
    const offered = made([by('t4', 'b', live('t4', at('4'))), by('t1', 'a', live('t1', at('1')))])
    expect(offered.mayRemove).toBe(false)
    expect(offered.build(unknown).gone).toEqual([])
  })

  it('is also that of other origins', () => {
    const claims = made([by('t1', 'a', live('t1', at('1'))), by('t2', 'b', gone(at('2')))])
    expect(claims.build(unknown).gone).toEqual([at('2')])
  })

  it('is nothing of a cluster of which too little is known', () => {
    const claims = made([by('t1', 'a', gone(at('1'))), by('t2', 'b', gone(at('2')))])
    const unread: Completeness = { ...unknown, mayRemove: ({ origin }) => origin !== 'c a' }
    expect(claims.build(unread).gone).toEqual([at('2')])
    const hosted: Completeness = { ...unknown, mayHost: (cluster, host) => cluster === 'c' && host === '2' }
    expect(claims.build(hosted).gone).toEqual([at('1')])
  })

  it('is nothing on the host of a task that waits, and nothing at all if that is not known', () => {
    const onHost = by('t2', 'a', waiting('1'))
    const claims = made([ended, onHost])
    expect(claims.build(known).gone).toEqual([at('2')])
    claims.replace(onHost, by('t2', 'a', waiting(undefined)))
    expect(claims.build(known).gone).toEqual([])
    claims.replace(by('t2', 'a', waiting(undefined)), undefined)
    expect(claims.build(unknown).gone).toHaveLength(3)
  })

  it('counts how many tasks have had the address', () => {
    const [first, second] = [by('t1', 'a', gone(at('1'))), by('t2', 'a', gone(at('1')))]
    const claims = made([first, second])
    expect(claims.mayRemove).toBe(true)
    claims.replace(first, by('t1', 'a', live('t1', at('9'))))
    expect(claims.mayRemove).toBe(true)
    expect(claims.build(unknown).gone).toEqual([at('1')])
    claims.replace(second, undefined)
    expect(claims.mayRemove).toBe(false)
    expect(claims.build(unknown).gone).toEqual([])
  })

  it('makes another backend when it differs', () => {
    const claims = made([ended])
    const backend = claims.build(unknown)
    expect(claims.build(unknown)).toBe(backend)
    claims.replace(undefined, by('t2', 'a', gone(at('3'))))
    expect(claims.build(unknown).gone).toHaveLength(4)
    claims.replace(by('t2', 'a', gone(at('3'))), by('t2', 'a', gone(at('4'))))
    expect(claims.build(unknown).gone.at(-1)).toEqual(at('4'))
  })
})
