import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { describe, it } from 'vitest'
import { hostIn, hostsIn } from '../../src/core/host-in.js'
import { dryRun } from '../../src/sinks/dry-run.js'
import type { Sink } from '../../src/core/sink.js'
import { type Addresses, memory } from '../../src/sinks/memory.js'
import { prometheusHttp } from '../../src/sinks/prometheus/http.js'
import { traefikFile } from '../../src/sinks/traefik/file/index.js'
import { traefikHttp } from '../../src/sinks/traefik/http/index.js'
import type { Element } from '../../src/sinks/traefik/grammar/element.js'

describe('the host of a place', () => {
  it.each([
    ['10.0.0.1:80', '10.0.0.1'],
    ['[fd00::1]:80', 'fd00::1'],
    ['http://10.0.0.1:32768', '10.0.0.1'],
    ['https://[fd00::1]:443/path?query=@x', 'fd00::1'],
    ['h2c://user:secret@internal.example.com', 'internal.example.com'],
    ['web.example.com', 'web.example.com'],
    ['', undefined],
    ['http://', undefined],
    [':80', undefined],
  ])('%j is %j', (place, host) => {
    strictEqual(hostIn(place), host)
  })

  it('is named once, of several places', () => {
    deepStrictEqual(hostsIn(['10.0.0.1:80', 'http://10.0.0.1:81', ':1', '10.0.0.2:80']), [
      '10.0.0.1',
      '10.0.0.2',
    ])
  })
})

describe('the hosts of an element of Traefik', () => {
  const hostsOf = (element: Element): readonly string[] => traefikHttp().hostsOf?.(element) ?? ['none told']

  it('are those of its servers: URLs of HTTP, addresses of TCP and UDP', () => {
    const url = { url: 'http://10.0.0.1:80' }
    const address = { address: '[fd00::1]:53' }
    deepStrictEqual(hostsOf({ loadBalancer: { servers: [url, address, 1, {}, { url: '' }] } }), [
      '10.0.0.1',
      'fd00::1',
    ])
  })

  it.each<Element>([
    { rule: 'Host(`a`)', service: 'web' },
    { loadBalancer: { servers: [] } },
    { loadBalancer: {} },
    { weighted: { services: [{ name: 'web' }] } },
    { addPrefix: { prefix: '/a' } },
    ['certificate'],
  ])('are empty where it leads nowhere itself: %j', (element) => {
    deepStrictEqual(hostsOf(element), [])
  })

  it('are empty after a service is pruned', () => {
    const sink = traefikFile({ path: '/tmp/traefik.yml' })
    const pruned = sink.prune({ loadBalancer: { servers: [{ url: 'http://10.0.0.1:80' }] } })
    ok(pruned !== undefined)
    deepStrictEqual(sink.hostsOf?.(pruned), [])
  })
})

describe('the hosts of targets of Prometheus', () => {
  it('are their addresses, also where a target has a name', () => {
    const labels = { __meta_ecs_address: '10.0.0.1:80' }
    deepStrictEqual(
      prometheusHttp().hostsOf?.([
        { targets: ['shop.example.com:80'], labels },
        { targets: ['[fd00::1]:9100'], labels: {} },
      ]),
      ['10.0.0.1', 'fd00::1'],
    )
  })
})

describe('a dry run', () => {
  it('returns the hosts and the warnings of the sink that it wraps', () => {
    const sink = { ...memory(), warnings: () => ['the target is half full'] }
    deepStrictEqual(dryRun(sink).hostsOf?.(['10.0.0.1:80']), ['10.0.0.1'])
    deepStrictEqual(dryRun(sink).emptied?.(['10.0.0.1:80']), [])
    deepStrictEqual(dryRun(sink).warnings?.(), ['the target is half full'])
  })

  it('has no hostsOf and emptied if the sink that it wraps has none', () => {
    const silent = Object.fromEntries(
      Object.entries(memory()).filter(([member]) => member !== 'hostsOf' && member !== 'emptied'),
    ) as unknown as Sink<Addresses>
    deepStrictEqual(
      ['hostsOf', 'emptied'].filter((member) => member in dryRun(silent)),
      [],
    )
  })
})
