/** Whether claims are the same: each part that a target can show counts. */
import { expect, it } from 'vitest'
import { type Claim, sameClaims, sameEndpoint, type TaskClaims } from '../../src/core/claim.js'
import type { Endpoint, Share } from '../../src/core/desired.js'
import { endpointOf } from '../../src/testing/backends.js'

const share: Share = { revision: 'r', role: 'target', percent: 10, weight: 1 }
const endpoint: Endpoint = {
  ...endpointOf('web', { host: '10.0.0.1', port: 80 }, 'a'),
  share,
  labels: { a: 'b' },
}

it('two endpoints with the same content are the same', () => {
  expect(sameEndpoint(endpoint, { ...endpoint, share: { ...share }, labels: { a: 'b' } })).toBe(true)
  expect(sameEndpoint({ ...endpoint, share: undefined }, { ...endpoint, share: undefined })).toBe(true)
})

it.each<[string, Partial<Endpoint>]>([
  ['id', { id: 'x' }],
  ['host', { host: '10.0.0.2' }],
  ['port', { port: 81 }],
  ['IPv6 address', { ipv6: 'fd00::1' }],
  ['weight', { weight: 2 }],
  ['zone', { zone: 'a1' }],
  ['group', { group: 'service:api' }],
  ['definition', { definition: 'web:2' }],
  ['labels', { labels: { a: 'c' } }],
  ['share', { share: undefined }],
  ['revision', { share: { ...share, revision: 's' } }],
  ['role', { share: { ...share, role: 'source' } }],
  ['percentage', { share: { ...share, percent: 11 } }],
  ['part of the weights', { share: { ...share, weight: 2 } }],
])('endpoints with another %s differ', (_, other) => {
  expect(sameEndpoint(endpoint, { ...endpoint, ...other })).toBe(false)
  expect(sameEndpoint({ ...endpoint, ...other }, endpoint)).toBe(false)
})

const live: Claim = { _tag: 'Live', backend: 'web', endpoint }
const gone: Claim = { _tag: 'Gone', backend: 'web', address: { host: '10.0.0.1', port: 80 } }
const waiting: Claim = { _tag: 'Waiting', backend: 'web', host: '10.0.0.1' }
const unresolved = { task: 'a', cluster: 'c', why: 'refused', detail: 'no' } as const
const claiming = (...claims: readonly Claim[]): TaskClaims => ({
  task: 'a',
  cluster: 'c',
  group: 'g',
  claims,
  unresolved,
  nameless: { why: 'waiting', host: 'h' },
})
const all = claiming(live, gone, waiting)

it('claims of the same content are the same', () => {
  const again = claiming({ ...live, endpoint: { ...endpoint } }, { ...gone }, { ...waiting })
  expect(
    sameClaims(all, { ...again, unresolved: { ...unresolved }, nameless: { why: 'waiting', host: 'h' } }),
  ).toBe(true)
  expect(sameClaims(undefined, undefined)).toBe(true)
  const unhealthy: Claim = { ...live, _tag: 'Unhealthy' }
  expect(sameClaims(claiming(unhealthy), claiming({ ...unhealthy }))).toBe(true)
  const bare = { ...all, unresolved: undefined, nameless: undefined }
  expect(sameClaims(bare, { ...bare })).toBe(true)
})

it.each<[string, TaskClaims | undefined]>([
  ['nothing', undefined],
  ['another cluster', { ...all, cluster: 'd' }],
  ['another group', { ...all, group: 'h' }],
  ['another reason for no name', { ...all, nameless: { why: 'refused', host: 'h' } }],
  ['another host without a name', { ...all, nameless: { why: 'waiting', host: 'i' } }],
  ['a name', { ...all, nameless: undefined }],
  ['another reason', { ...all, unresolved: { ...unresolved, why: 'held' } }],
  ['another detail', { ...all, unresolved: { ...unresolved, detail: 'never' } }],
  ['no reason', { ...all, unresolved: undefined }],
  ['fewer claims', claiming(live, gone)],
  ['other backends', claiming(live, gone, { ...waiting, backend: 'api' })],
  ['another state', claiming({ ...live, _tag: 'Unhealthy' }, gone, waiting)],
  ['another endpoint', claiming({ ...live, endpoint: { ...endpoint, port: 1 } }, gone, waiting)],
  ['another address', claiming(live, { ...gone, address: { host: '10.0.0.1', port: 81 } }, waiting)],
  ['a wait for an address', claiming(live, waiting, waiting)],
  ['another awaited host', claiming(live, gone, { ...waiting, host: undefined })],
  ['an address for a wait', claiming(live, gone, gone)],
])('%s is not the same', (_, other) => {
  expect(sameClaims(all, other)).toBe(false)
  expect(sameClaims(other, all)).toBe(false)
})

it('a claim to no host is not one to an address', () => {
  expect(sameClaims(claiming({ ...waiting, host: undefined }), claiming(gone))).toBe(false)
})
