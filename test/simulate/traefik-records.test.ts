import { describe, expect, it } from 'vitest'
import { changesBetween, recordsIn } from '../../simulate/targets/traefik-records.js'

const revision = (n: number): string => `web_ecs-task-stream_${String(n).repeat(16)}`
const balancer = (...hosts: readonly string[]) => ({
  loadBalancer: { servers: hosts.map((host) => ({ url: `http://${host}:80` })) },
})
const document = (services: object): string => JSON.stringify({ _meta: { owner: 'us' }, http: { services } })

describe('a document of Traefik, as records', () => {
  it('gives the servers of a weighted service what is left of its weights for each', () => {
    const records = recordsIn(
      document({
        web: { weighted: { services: [1, 2].map((n) => ({ name: revision(n), weight: n === 1 ? 95 : 5 })) } },
        [revision(1)]: balancer('10.0.0.1', '10.0.0.2'),
        [revision(2)]: balancer('10.0.0.3'),
      }),
      new Map(),
    )
    expect([...records.keys()]).toEqual(['web'])
    expect([...(records.get('web')?.servers ?? [])]).toEqual([
      ['10.0.0.1:80', 47.5],
      ['10.0.0.2:80', 47.5],
      ['10.0.0.3:80', 5],
    ])
    expect(records.get('web')?.owner).toBe('us')
  })

  it('names what has changed, also in the service of a revision', () => {
    const weighted = { weighted: { services: [{ name: revision(1), weight: 1 }] } }
    const before = recordsIn(
      document({ web: weighted, [revision(1)]: balancer('10.0.0.1'), api: balancer('10.0.0.9') }),
      new Map(),
    )
    const after = recordsIn(
      document({ web: weighted, [revision(1)]: balancer('10.0.0.2'), api: balancer('10.0.0.9') }),
      before,
    )
    expect(after.get('api')).toBe(before.get('api'))
    expect(changesBetween(before, after).map(({ after: record }) => record?.backend)).toEqual(['web'])
    expect(changesBetween(after, recordsIn('{}', after))).toHaveLength(2)
  })

  it.each(['', '{"http":{"services":{"web"', 'null'])('half of one is none: %s', (text) => {
    expect(() => recordsIn(text, new Map())).toThrow()
  })
})
