import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Address, type Backend, formatAddress } from '../../src/core/desired.js'
import { shareWeights } from '../../src/sinks/kit/revision-shares.js'
import { prometheusRendering } from '../../src/sinks/prometheus/targets.js'
import { srvTestName } from '../../src/sinks/route53/names/test-name.js'
import { setWeights } from '../../src/sinks/route53/set-weights.js'
import { addressesOf, sameAddresses } from '../../src/sinks/tcp-proxy/address-list.js'
import { itemRenderer, type TraefikBackend, sameBackend } from '../../src/sinks/traefik/table/item.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { blueGreen, settledBackend, sharedBackend } from '../support/shared-backend.js'

const at = (last: number): Address => ({ host: `10.0.0.${last}`, port: 80 })
const [blue, green] = [[at(1), at(2)], [at(9)]]

const addresses = (first: number, count: number): readonly Address[] =>
  Array.from({ length: count }, (_, i) => ({ host: `10.0.${first}.${i}`, port: 80 }))

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

describe('the weights of a record whose requests are shared', () => {
  it('give the new revision its share, whether the others are known or not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(20),
        fc.nat(20),
        (percent, greens, known, others) => {
          fc.pre(known + others > 0)
          const { endpoints } = blueGreen('web', {
            blue: addresses(0, known),
            green: addresses(1, greens),
            percent,
          })
          const weights = shareWeights(endpoints, others)
          const green = sum(
            (weights?.endpoints ?? []).filter((_, i) => endpoints[i]?.share?.role === 'target'),
          )
          const all = sum(weights?.endpoints ?? []) + others * (weights?.others ?? 0)
          expect(green / all).toBeCloseTo(percent / 100, 3)
          expect(weights?.endpoints.every((weight) => Number.isInteger(weight) && weight > 0)).toBe(true)
        },
      ),
    )
  })

  it('do not exist without shares', () => {
    expect(shareWeights(backendOf('web', blue).endpoints, 3)).toBeUndefined()
    expect(shareWeights([], 3)).toBeUndefined()
  })
})

describe('items of Traefik v1', () => {
  const render = itemRenderer({ scheme: () => 'http', weight: 0 })
  const rendered = (backend: Backend, before?: TraefikBackend): TraefikBackend =>
    render(backendsOf([backend]), new Map(before === undefined ? [] : [['web__backend', before]])).get(
      'web__backend',
    )!
  const weightsIn = ({ servers }: TraefikBackend) =>
    Object.fromEntries(Object.entries(servers).map(([key, server]) => [key, server.M?.['weight']?.N]))
  const shifted = (percent: number) => blueGreen('web', { blue, green, percent })

  it('have the weights of the shares, also for servers that are there, and a shift is a change', () => {
    const before = rendered(backendOf('web', [...blue, ...green]))
    expect(weightsIn(before)).toEqual({ '10.0.0.1:80': '0', '10.0.0.2:80': '0', '10.0.0.9:80': '0' })
    const once = rendered(shifted(5), before)
    expect(weightsIn(once)).toEqual({ '10.0.0.1:80': '19', '10.0.0.2:80': '19', '10.0.0.9:80': '2' })
    const next = rendered(shifted(50), once)
    expect(weightsIn(next)).toEqual({ '10.0.0.1:80': '1', '10.0.0.2:80': '1', '10.0.0.9:80': '2' })
    expect(sameBackend(once, next)).toBe(false)
    expect(rendered(shifted(50), next)).toBe(next)
    expect(weightsIn(rendered(settledBackend('web', green), next))).toEqual({ '10.0.0.9:80': '1' })
  })

  it('keep what else a server has, and its key', () => {
    const byHand = { M: { url: { S: 'http://10.0.0.1:80' }, weight: { N: '7' }, note: { S: 'x' } } }
    const before: TraefikBackend = { name: 'web', servers: { mine: byHand }, held: undefined }
    expect(rendered(shifted(5), before).servers['mine']).toEqual({ M: { ...byHand.M, weight: { N: '19' } } })
    expect(rendered(backendOf('web', blue), before).servers['mine']).toBe(byHand)
  })

  it('never have 0 for a share: Traefik would take it for 1', () => {
    const idle = sharedBackend('web', [
      { role: 'source', percent: 95, at: [at(1)], endpoint: { weight: 0 } },
      { role: 'source', percent: 95, at: [at(2)] },
      { role: 'target', percent: 5, at: green },
    ])
    expect(weightsIn(rendered(idle, rendered(backendOf('web', blue))))).toEqual({
      '10.0.0.2:80': '19',
      '10.0.0.9:80': '1',
    })
    const allIdle = sharedBackend('web', [
      { role: 'source', percent: 100, at: blue, endpoint: { weight: 0 } },
    ])
    expect(weightsIn(rendered(allIdle))).toEqual({ '10.0.0.1:80': '1', '10.0.0.2:80': '1' })
  })

  it('give a new revision no more than its share while the others are unknown', () => {
    const before = rendered(backendOf('web', blue))
    const known = sharedBackend('web', [{ role: 'target', percent: 5, at: green }], { complete: false })
    const once = rendered(known, before)
    expect(weightsIn(once)).toEqual({ '10.0.0.1:80': '19', '10.0.0.2:80': '19', '10.0.0.9:80': '2' })
    expect(rendered(known, once)).toBe(once)
  })

  // The simulation found it: a worker that starts in the middle of a canary may know the old revision first.
  it('give a new revision no more than its share while it is the one that is unknown', () => {
    const before = rendered(shifted(5), rendered(backendOf('web', [...blue, ...green])))
    const known = sharedBackend('web', [{ role: 'source', percent: 95, at: blue }], { complete: false })
    expect(weightsIn(rendered(known, before))).toEqual({
      '10.0.0.1:80': '19',
      '10.0.0.2:80': '19',
      '10.0.0.9:80': '2',
    })
  })
})

describe('addresses of the TCP proxy', () => {
  it('have weights while a deployment shares the connections, and a shift is a change', () => {
    const shifted = (percent: number) => addressesOf(blueGreen('80', { blue, green, percent }), [])
    expect(shifted(5)).toEqual([
      { ...at(1), weight: 19 },
      { ...at(2), weight: 19 },
      { ...at(9), weight: 2 },
    ])
    expect(sameAddresses(shifted(5), shifted(5))).toBe(true)
    expect(sameAddresses(shifted(5), shifted(6))).toBe(false)
    expect(addressesOf(backendOf('80', blue), [])).toEqual(blue)
  })

  it('that nothing explains belong to the replaced revision', () => {
    const known = sharedBackend('80', [{ role: 'target', percent: 5, at: green }], { complete: false })
    const once = addressesOf(known, blue)
    expect(once.map(({ weight }) => weight)).toEqual([19, 19, 2])
    expect(addressesOf(known, once)).toEqual(once)
  })
})

describe('weights of record sets', () => {
  const parts = fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 40 }), weight: fc.integer({ min: 1, max: 65_535 }) }),
    { minLength: 1, maxLength: 3 },
  )

  it('are 0 to 255, and each revision keeps its share', () => {
    fc.assert(
      fc.property(parts, (revisions) => {
        const all = revisions.flatMap(({ count, weight }, i) =>
          Array.from({ length: count }, () => ({ revision: String(i), weight })),
        )
        const weights = setWeights(all)
        const total = sum(weights)
        const before = sum(all.map(({ weight }) => weight))
        for (const weight of weights)
          expect(weight >= 0 && weight <= 255 && Number.isInteger(weight)).toBe(true)
        for (const [i, { count, weight }] of revisions.entries()) {
          const its = sum(weights.filter((_, n) => all[n]?.revision === String(i)))
          expect(its).toBeGreaterThan(0)
          expect(Math.abs(its / total - (count * weight) / before)).toBeLessThan(0.01)
        }
      }),
    )
  })

  it('are unchanged where they are small', () => {
    expect(setWeights([19, 19, 2].map((weight) => ({ revision: '', weight })))).toEqual([19, 19, 2])
    expect(setWeights([])).toEqual([])
  })

  it('give a small share to few of many, rather than too much to each', () => {
    const { endpoints } = blueGreen('web', { blue: [at(1)], green: addresses(1, 100), percent: 1 })
    const weights = setWeights(
      endpoints.map(({ share }) => ({ revision: share?.revision ?? '', weight: share?.weight ?? 0 })),
    )
    expect(weights.filter((weight) => weight > 0)).toEqual([255, 1, 1, 1])
  })
})

describe('names for test requests', () => {
  it.each([
    ['_http._tcp.web.example', '_http._tcp.web-test.example'],
    ['web.example', 'web-test.example'],
    ['web', 'web-test'],
    ['_web._tcp', '_web-test._tcp'],
  ])('%s has %s', (name, expected) => {
    expect(srvTestName(name)).toBe(expected)
  })
})

describe('what is scraped', () => {
  it('is the same with shares and without', () => {
    const { render } = prometheusRendering()
    const of = (backend: Backend) => [...render(backendsOf([backend]), new Map())]
    const shared = blueGreen('web', { blue, green, percent: 5 })
    const plain = { ...shared, endpoints: shared.endpoints.map(({ share: _, ...endpoint }) => endpoint) }
    expect(of(shared)).toEqual(of(plain))
    expect(shared.endpoints.map(formatAddress)).toHaveLength(3)
  })
})
