import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Address, type Backend, type Endpoint, formatAddress } from '../../src/core/desired.js'
import { assignmentOf, type EnvoyAssignment, endpointsIn } from '../../src/sinks/envoy/assignment.js'
import { parseEndpointFile, printEndpointFile } from '../../src/sinks/envoy/endpoint-file.js'
import { backendFiles } from '../../src/sinks/document/backend-files.js'
import { envoyRendering } from '../../src/sinks/envoy/rendering.js'
import { versionOf, versionOfAll } from '../../src/sinks/envoy/version.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { blueGreen, settledBackend, sharedBackend } from '../support/shared-backend.js'

const { fileNameOf, backendOfFile } = backendFiles('.json')
const { render, equals, hostsOf, emptied } = envoyRendering()
const at = (last: number, port = 80): Address => ({ host: `10.0.0.${last}`, port })

const rendered = (backend: Backend, before?: EnvoyAssignment): EnvoyAssignment => {
  const held = new Map(before === undefined ? [] : [[backend.name, before]])
  const assignment = render(backendsOf([backend]), held).get(backend.name)
  if (assignment === undefined) throw new Error('there is no assignment')
  return assignment
}

const withEach = (backend: Backend, change: (last: number) => Partial<Endpoint>): Backend => ({
  ...backend,
  endpoints: backend.endpoints.map((endpoint, i) => ({ ...endpoint, ...change(i) })),
})

const weightsIn = (assignment: EnvoyAssignment) =>
  Object.fromEntries(endpointsIn(assignment).map((each) => [formatAddress(each), each.weight]))

describe('an assignment', () => {
  it('has one locality for each zone, with its weight, and the endpoints without a zone by themselves', () => {
    const zones = ['eu-west-1b', 'eu-west-1a', undefined, 'eu-west-1b']
    const backend = withEach(backendOf('web', [at(1), at(2), at(3), { host: 'fd00::1', port: 80 }]), (i) => ({
      zone: zones[i],
    }))
    const lb = (address: string) => ({
      endpoint: { address: { socket_address: { address, port_value: 80 } } },
    })
    expect(rendered(backend)).toEqual({
      '@type': 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
      cluster_name: 'web',
      endpoints: [
        { lb_endpoints: [lb('10.0.0.3')], load_balancing_weight: 1 },
        { locality: { zone: 'eu-west-1a' }, lb_endpoints: [lb('10.0.0.2')], load_balancing_weight: 1 },
        {
          locality: { zone: 'eu-west-1b' },
          lb_endpoints: [lb('10.0.0.1'), lb('fd00::1')],
          load_balancing_weight: 2,
        },
      ],
    })
  })

  it('of a backend without endpoints has none, and of one that says nothing yet does not exist', () => {
    expect(rendered(backendOf('web', []))).toMatchObject({ cluster_name: 'web', endpoints: [] })
    expect(render(backendsOf([backendOf('web', [], { complete: false })]), new Map()).size).toBe(0)
    expect(emptied(rendered(backendOf('web', [at(1)])))).toEqual(rendered(backendOf('web', [])))
  })

  it('changes if only a zone does', () => {
    const one = backendOf('web', [at(1)])
    expect(equals(rendered(one), rendered(withEach(one, () => ({ zone: 'eu-west-1a' }))))).toBe(false)
    expect(equals(rendered(one), rendered(backendOf('web', [at(1)])))).toBe(true)
  })

  it('of an incomplete backend keeps what nothing explains, with its zone and weight, and what is gone no longer', () => {
    const before = rendered(
      withEach(backendOf('web', [at(1), at(2), at(3)]), () => ({ zone: 'eu-west-1a', weight: 7 })),
    )
    const now = rendered(backendOf('web', [at(4)], { complete: false, gone: [at(2)] }), before)
    expect(endpointsIn(now)).toEqual([
      { ...at(4), zone: undefined, weight: undefined },
      { ...at(1), zone: 'eu-west-1a', weight: 7 },
      { ...at(3), zone: 'eu-west-1a', weight: 7 },
    ])
  })

  it('by others is read as far as it has addresses', () => {
    const foreign: EnvoyAssignment = {
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { pipe: { path: '/run/web' } } } }, 1, {}] },
        { lb_endpoints: 'none' },
        null,
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: '10.0.0.1', port_value: 1 } } } },
          ],
        },
      ],
    }
    expect(endpointsIn(foreign).map(formatAddress)).toEqual(['10.0.0.1:1'])
    expect(hostsOf(foreign)).toEqual(['10.0.0.1'])
    expect(endpointsIn({})).toEqual([])
  })
})

describe('weights', () => {
  it('are those of the policy: whole, at least 1 and at most 65,535', () => {
    const weights = [3, 0.2, 1e9, undefined]
    const backend = withEach(backendOf('web', [at(1), at(2), at(3), at(4)]), (i) => ({ weight: weights[i] }))
    expect(weightsIn(rendered(backend))).toStrictEqual({
      '10.0.0.1:80': 3,
      '10.0.0.2:80': 1,
      '10.0.0.3:80': 65_535,
      '10.0.0.4:80': undefined,
    })
  })

  it('of 0 leave an endpoint out, unless all have 0', () => {
    const some = withEach(backendOf('web', [at(1), at(2)]), (i) => ({ weight: i }))
    expect(weightsIn(rendered(some))).toStrictEqual({ '10.0.0.2:80': 1 })
    expect(
      weightsIn(rendered({ ...some, complete: false }, rendered(backendOf('web', [at(1), at(9)])))),
    ).toStrictEqual({ '10.0.0.2:80': 1, '10.0.0.9:80': undefined })
    const all = withEach(backendOf('web', [at(1), at(2)]), () => ({ weight: 0 }))
    expect(weightsIn(rendered(all))).toStrictEqual({ '10.0.0.1:80': 1, '10.0.0.2:80': 1 })
  })

  it('give each revision its share', () => {
    const [blue, green] = [[at(1), at(2)], [at(9)]]
    const before = rendered(backendOf('web', blue))
    const once = rendered(blueGreen('web', { blue, green, percent: 5 }), before)
    expect(weightsIn(once)).toEqual({ '10.0.0.1:80': 19, '10.0.0.2:80': 19, '10.0.0.9:80': 2 })
    const known = sharedBackend('web', [{ role: 'target', percent: 5, at: green }], { complete: false })
    expect(weightsIn(rendered(known, before))).toEqual(weightsIn(once))
    expect(weightsIn(rendered(settledBackend('web', green), once))).toEqual({ '10.0.0.9:80': 1 })
  })
})

describe('a version', () => {
  it('is the same for the same content, and another for another', () => {
    const [one, same, other] = [[at(1)], [at(1)], [at(2)]].map((list) => rendered(backendOf('web', list)))
    if (one === undefined || same === undefined || other === undefined) throw new Error('missing')
    expect(versionOf(one)).toBe(versionOf(same))
    expect(versionOf(one)).not.toBe(versionOf(other))
    expect(versionOf(one)).not.toBe(versionOf(rendered(backendOf('api', [at(1)]))))
    expect(versionOfAll([one])).toBe(versionOf(one))
    expect(versionOfAll([one, other])).not.toBe(versionOfAll([other, one]))
    expect(versionOfAll([])).not.toBe('')
  })
})

describe('the text of a file', () => {
  it('says what it holds and whose it is', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.string({ minLength: 1 }),
        fc.nat(9),
        (owner, name, count) => {
          const assignment = assignmentOf(
            name,
            Array.from({ length: count }, (_, i) => ({
              ...at(i),
              zone: i % 2 ? 'a' : undefined,
              weight: i || 1,
            })),
          )
          const text = printEndpointFile(owner, assignment)
          expect(parseEndpointFile(text)).toEqual({
            owner,
            assignment: JSON.parse(JSON.stringify(assignment)) as unknown,
          })
        },
      ),
    )
  })

  it.each([
    ['nothing', ' \n', undefined],
    ['no JSON', 'resources: []', { owner: undefined, assignment: {} }],
    ['another shape', '[1]', { owner: undefined, assignment: {} }],
    ['several clusters, which Envoy refuses', '{"resources":[{},{}]}', { owner: undefined, assignment: {} }],
    ['no owner', '{"resources":[{"a":1}]}', { owner: undefined, assignment: { a: 1 } }],
    ['an empty owner', '{"control_plane":{"identifier":""}}', { owner: undefined, assignment: {} }],
    ['another control plane', '{"control_plane":{"identifier":"it"}}', { owner: 'it', assignment: {} }],
  ])('that has %s', (_, text, expected) => {
    expect(parseEndpointFile(text)).toEqual(expected)
  })
})

describe('the name of a file', () => {
  it.each([
    ['web', 'web.json'],
    ['shop-2_a.b', 'shop-2_a.b.json'],
    ['shop/web', 'shop%2Fweb.json'],
    ['..', '%2E..json'],
    ['.web', '%2Eweb.json'],
    ["a*b'~", 'a%2Ab%27%7E.json'],
    ['ä', '%C3%A4.json'],
  ])('of %s is %s', (backend, fileName) => {
    expect(fileNameOf(backend)).toBe(fileName)
    expect(backendOfFile(fileName)).toBe(backend)
  })

  it('is one for each backend, and leads nowhere else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (backend) => {
        const fileName = fileNameOf(backend)
        if (fileName === undefined) return
        expect(fileName).toMatch(/^[A-Za-z0-9_%-][A-Za-z0-9_.%-]*\.json$/)
        expect(backendOfFile(fileName)).toBe(backend)
      }),
    )
  })

  it('does not exist for a name that is too long, and other names are no backend’s', () => {
    expect(fileNameOf('a'.repeat(208))).toBeDefined()
    expect(fileNameOf('a'.repeat(209))).toBeUndefined()
    for (const other of ['.json', '.web.json', 'web.yaml', 'web', '%.json', '%2f.json', 'a b.json'])
      expect(backendOfFile(other), other).toBeUndefined()
  })
})
