import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hasLoneSurrogate } from '../../src/shared/codec/lone-surrogate.js'
import type { Backend } from '../../src/core/desired.js'
import type { Sink } from '../../src/core/sink.js'
import { prometheusFile } from '../../src/sinks/prometheus/file.js'
import { prometheusHttp } from '../../src/sinks/prometheus/http.js'
import { traefikFile } from '../../src/sinks/traefik/file/index.js'
import { traefikHttp } from '../../src/sinks/traefik/http/index.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { reconciled } from '../support/reconciled.js'
import { temporaryDirectories } from '../support/temporary-directory.js'

const { signal } = new AbortController()
const good = backendOf('web', [{ host: '10.0.0.1', port: 80 }])
const named = backendOf('half \ud83d', [{ host: '10.0.0.2', port: 80 }])
const labelled = (name: string, label: string): Backend => {
  const { endpoints, ...backend } = backendOf(name, [{ host: '10.0.0.3', port: 80 }])
  const labels = { [label]: '\udc00' }
  return { ...backend, endpoints: endpoints.map((endpoint) => ({ ...endpoint, labels })) }
}

describe('hasLoneSurrogate', () => {
  it('finds a lone surrogate in any text of a value', () => {
    for (const value of ['\ud800', ['a', { b: '\udfff' }], { '\ud83d': 1 }, ['\ude00\ud83d']])
      expect(hasLoneSurrogate(value), JSON.stringify(value)).toBe(true)
    for (const value of ['😀', '\\ud800', ['\\\\ud83d'], { a: 'é' }, 1, null, '\u0000\u2028'])
      expect(hasLoneSurrogate(value), JSON.stringify(value)).toBe(false)
  })
})

const directory = temporaryDirectories()
const sinks: Readonly<Record<string, () => Promise<Sink<never>>>> = {
  prometheusFile: async () =>
    prometheusFile({ path: join(await directory(), 'sd.yml') }) as unknown as Sink<never>,
  prometheusHttp: () => Promise.resolve(prometheusHttp() as unknown as Sink<never>),
  traefikFile: async () => traefikFile({ path: join(await directory(), 'a.yml') }) as unknown as Sink<never>,
  traefikHttp: () => Promise.resolve(traefikHttp() as unknown as Sink<never>),
}

describe.each(Object.keys(sinks))('%s', (name) => {
  it('rejects only backends with a lone surrogate in a name or label, and does not write the others again', async () => {
    const sink = await sinks[name]!()
    const label = name.startsWith('prometheus')
      ? 'team'
      : 'traefik.http.middlewares.m.headers.customrequestheaders.a'
    const backends = backendsOf([good, named, labelled('labelled', label)])
    const outcomes = await reconciled(sink, backends)
    expect(outcomes.filter(({ _tag }) => _tag === 'Done').map(({ key }) => key)).toContainEqual(
      expect.stringContaining('web'),
    )
    const rejected = outcomes.filter(({ _tag }) => _tag === 'Rejected')
    expect(rejected.length).toBe(2)
    for (const { reason } of rejected as { reason: string }[]) expect(reason).toMatch(/lone surrogate/)

    const rows = await sink.read(signal)
    expect(rows.some(({ key, value }) => hasLoneSurrogate([key, value]))).toBe(false)
    // Nothing but what is refused is still to be done.
    const again = await reconciled(sink, backends)
    expect(again.map(({ _tag }) => _tag)).toEqual(['Rejected', 'Rejected'])
  })
})
