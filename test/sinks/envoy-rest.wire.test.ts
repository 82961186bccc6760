import { describe, expect, it, onTestFinished } from 'vitest'
import { webhookRoutes, webhookServer } from 'ecs-task-stream/worker'
import type { Backend } from '../../src/core/desired.js'
import { formatAddress } from '../../src/core/desired.js'
import { type EnvoyAssignment, assignmentType, endpointsIn } from '../../src/sinks/envoy/assignment.js'
import { envoyRest, type EnvoyRestOptions } from '../../src/sinks/envoy/rest.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { requested } from '../support/followed.js'
import { desiredOf, reconciled, served } from '../support/served.js'
import { contractRuns } from '../laws/runs.js'

interface Discovery {
  readonly status: number
  readonly version: string
  readonly resources: readonly EnvoyAssignment[]
}

/** As Envoy asks, with what its own requests have besides. */
const asked = async (url: string, names?: readonly string[], version?: string): Promise<Discovery> => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      node: { id: 'envoy-1', cluster: 'edge', extensions: [{ name: 'envoy.clusters.eds' }] },
      ...(names === undefined ? {} : { resource_names: names }),
      ...(version === undefined ? {} : { version_info: version }),
      type_url: assignmentType,
    }),
  })
  const text = await answer.text()
  if (answer.status !== 200) return { status: answer.status, version: '', resources: [] }
  expect(answer.headers.get('content-type')).toBe('application/json')
  const { version_info, resources } = JSON.parse(text) as {
    readonly version_info: string
    readonly resources: readonly EnvoyAssignment[]
  }
  return { status: 200, version: version_info, resources }
}

const addresses = (assignment: EnvoyAssignment): readonly string[] =>
  endpointsIn(assignment).map(formatAddress)

const clusterOf = ({ cluster_name }: EnvoyAssignment): string =>
  typeof cluster_name === 'string' ? cluster_name : ''

const harness = async (): Promise<SinkHarness<EnvoyAssignment>> => {
  const { sink, url, writes, close } = await served(envoyRest())
  return {
    sink,
    writes,
    snapshot: async () => {
      const { resources } = await asked(url)
      return new Map(resources.map((each) => [clusterOf(each), each]))
    },
    addresses,
    dispose: close,
  }
}

// The records are in this process alone, and only readers reach them.
sinkContract('envoyRest', harness, {
  lacks: ['tampering', 'foreign-rows', 'adoption', 'extras', 'partial-failure', 'restart', 'races'],
  runs: contractRuns(30),
})

const started = async (options: EnvoyRestOptions = {}, open = true) => {
  const here = await served(envoyRest(options), { open })
  onTestFinished(here.close)
  return here
}

const at = (last: number) => ({ host: `10.0.0.${last}`, port: 80 })
const backend = (name: string, ...lasts: readonly number[]): Backend => backendOf(name, lasts.map(at))

describe('Envoy', () => {
  it('gets the clusters that it names, each once, or all if it names none', async () => {
    const { sink, url } = await started()
    await reconciled(sink, backendsOf([backend('web', 1), backend('api', 2), backend('idle')]))
    const names = async (wanted?: readonly string[]) => (await asked(url, wanted)).resources.map(clusterOf)
    expect(await names(['web'])).toEqual(['web'])
    expect(await names(['web', 'idle', 'web'])).toEqual(['web', 'idle'])
    expect(await names([])).toEqual(['api', 'idle', 'web'])
    expect(await names()).toEqual(['api', 'idle', 'web'])
  })

  it('is told that a cluster without a backend has no endpoints: it would keep the last ones', async () => {
    const { sink, url } = await started()
    await reconciled(sink, backendsOf([backend('web', 1)]))
    await reconciled(sink, backendsOf([]))
    for (const name of ['web', 'unheard-of'])
      expect((await asked(url, [name])).resources).toEqual([
        { '@type': assignmentType, cluster_name: name, endpoints: [] },
      ])
  })

  it('gets 304 as long as what it asks for is what it has, whatever else changes', async () => {
    const { sink, url } = await started()
    await reconciled(sink, backendsOf([backend('web', 1), backend('api', 2)]))
    const { version } = await asked(url, ['web'])
    const all = await asked(url)
    expect(await asked(url, ['web'], version)).toMatchObject({ status: 304 })
    expect(await asked(url, [], all.version)).toMatchObject({ status: 304 })
    await reconciled(sink, backendsOf([backend('web', 1), backend('api', 3)]))
    expect(await asked(url, ['web'], version)).toMatchObject({ status: 304 })
    expect(await asked(url, [], all.version)).toMatchObject({ status: 200 })
    await reconciled(sink, backendsOf([backend('web', 1, 2), backend('api', 3)]))
    const next = await asked(url, ['web'], version)
    expect(next.resources.flatMap(addresses)).toEqual(['10.0.0.1:80', '10.0.0.2:80'])
    expect(next.version).not.toBe(version)
  })

  it('gets 304 from a worker that has restarted and knows the same', async () => {
    const [before, after] = [await started(), await started()]
    for (const { sink } of [before, after])
      await reconciled(sink, backendsOf([backend('web', 1), backend('api', 2)]))
    for (const names of [['web'], []]) {
      const { version } = await asked(before.url, names)
      expect(await asked(after.url, names, version)).toMatchObject({ status: 304 })
    }
  })

  it('gets 503 with what is missing until every backend is complete', async () => {
    const { sink, url } = await started({}, false)
    expect(await asked(url, ['web'])).toMatchObject({ status: 503 })
    const partly = backendsOf([backendOf('web', [at(1)], { complete: false })])
    await reconciled(sink, partly, false)
    sink.synced?.(desiredOf(partly, false))
    const refused = await requested(url, { body: '{"resource_names":["web"]}' })
    expect(refused.status).toBe(503)
    expect(refused.text).toContain('- staging')
    const whole = backendsOf([backend('web', 1, 2)])
    await reconciled(sink, whole)
    sink.synced?.(desiredOf(whole))
    expect((await asked(url, ['web'])).resources.flatMap(addresses)).toHaveLength(2)
  })

  it('needs the secret, if there is one', async () => {
    const { sink, url } = await started({ secrets: ['Bearer s3cret'] })
    await reconciled(sink, backendsOf([backend('web', 1)]))
    const status = async (headers: Record<string, string | string[]>) =>
      (await requested(url, { headers, body: '{}' })).status
    expect(await status({})).toBe(401)
    expect(await status({ authorization: 'Bearer other' })).toBe(401)
    expect(await status({ authorization: 'Bearer s3cret' })).toBe(200)
  })
})

describe('what is no request of Envoy', () => {
  it.each([
    ['no JSON', 'hello', 'the body is not JSON'],
    ['another shape', '{"resource_names":"web"}', '$.resource_names: expected array'],
    ['an empty name', '{"resource_names":[""]}', '$.resource_names[0]'],
    ['a number as version', '{"version_info":1}', '$.version_info'],
    [
      'another type',
      '{"type_url":"type.googleapis.com/envoy.config.cluster.v3.Cluster"}',
      'this server has endpoints only',
    ],
    ['a list', '[]', 'expected object'],
  ])('(%s) is answered 400, with the reason', async (_, body, reason) => {
    const { url } = await started()
    const { status, text } = await requested(url, { body })
    expect(status).toBe(400)
    expect(text).toContain(reason)
  })

  it('is answered 405 by its method, and 413 by its size', async () => {
    const { url } = await started()
    expect(await requested(url, { method: 'GET' })).toMatchObject({ status: 405 })
    expect(await requested(url, { body: `"${'x'.repeat(1024 * 1024)}"` })).toMatchObject({ status: 413 })
  })

  it('may leave everything out', async () => {
    const { sink, url } = await started()
    await reconciled(sink, backendsOf([backend('web', 1)]))
    expect(await requested(url, { body: '{"resource_names":null}' })).toMatchObject({ status: 200 })
  })
})

it('the path that Envoy asks can be mounted', async () => {
  const sink = envoyRest()
  await reconciled(sink, backendsOf([backend('web', 1)]))
  sink.synced?.(desiredOf())
  const server = await webhookServer({
    listen: { host: '127.0.0.1', port: 0 },
    // A single colon would begin a parameter.
    routes: [webhookRoutes({ '/v3/discovery::endpoints': sink.listener })],
  })
  onTestFinished(() => server.close())
  expect((await asked(`${server.url}/v3/discovery:endpoints`, ['web'])).resources).toHaveLength(1)
  expect((await asked(`${server.url}/v3/discoveryX`, ['web'])).status).toBe(404)
})
