import {
  type Backend,
  type Desired,
  type Endpoint,
  PersistentMap,
  run,
  servicePorts,
  type Unresolved,
} from 'ecs-task-stream'
import { prometheusHttp, type PrometheusHttpOptions } from '../../src/sinks/prometheus/http.js'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { statusRoutes, webhookRoutes, webhookServer } from 'ecs-task-stream/worker'
import { Registry } from 'prom-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import type { TargetGroups } from '../../src/sinks/prometheus/targets.js'
import { requested } from '../support/followed.js'
import { cluster, observed } from '../support/observed-task.js'
import { seriesLabels, takesContentType, targetsAsPrometheus } from '../support/prometheus-sd-rules.js'
import { desiredOf, reconciled, served } from '../support/served.js'
import { virtualClock } from '../support/virtual-clock.js'
import { contractRuns } from '../laws/runs.js'

const { signal } = new AbortController()
const at = (host: string, port = 9100) => ({ host, port })
const web = (...hosts: readonly string[]): Backend =>
  backendOf(
    'web',
    hosts.map((host) => at(host)),
  )

const harness = async (): Promise<SinkHarness<TargetGroups>> => {
  const { sink, json, writes, close } = await served(prometheusHttp())
  return {
    sink,
    writes,
    snapshot: async () => {
      const list = (await json()) as { labels: Record<string, string> }[]
      targetsAsPrometheus(list)
      return new Map(
        [...new Set(list.map(({ labels }) => labels['__meta_ecs_backend'] ?? ''))].map((backend) => [
          backend,
          list.filter(({ labels }) => labels['__meta_ecs_backend'] === backend),
        ]),
      )
    },
    addresses: (groups) => groups.flatMap(({ targets }) => targets),
    dispose: close,
  }
}

// The document is in this process alone, and only readers reach it.
sinkContract('prometheusHttp', harness, {
  lacks: ['tampering', 'foreign-rows', 'adoption', 'extras', 'partial-failure', 'restart', 'races'],
  runs: contractRuns(30),
})

const started = async (options: PrometheusHttpOptions = {}, open = true) => {
  const here = await served(prometheusHttp(options), { open })
  onTestFinished(here.close)
  return here
}

const endpoint = (changes: Partial<Endpoint>): Endpoint => {
  const [one] = web('10.0.0.1').endpoints
  return { ...one!, ...changes }
}
const backendWith = (...endpoints: readonly Endpoint[]): Backend => ({
  name: 'web',
  endpoints,
  gone: [],
  complete: true,
})

describe('what Prometheus is served', () => {
  it('is JSON that it takes, with the labels of prometheus-ecs-discovery', async () => {
    const { sink, url } = await started()
    await reconciled(
      sink,
      backendsOf([
        backendWith(
          endpoint({
            definition: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-web:12',
            labels: {
              job: 'shop',
              docker_image: 'shop:3',
              container_arn: 'arn:aws:ecs:eu-west-1:123456789012:container/production/a/b',
              __metrics_path__: '/stats',
              __scheme__: 'https',
            },
          }),
        ),
      ]),
    )
    const answer = await fetch(url)
    expect(answer.status).toBe(200)
    expect(takesContentType(answer.headers.get('content-type'))).toBe(true)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const [target, ...others] = targetsAsPrometheus(await answer.json())
    expect(others).toEqual([])
    expect(target?.address).toBe('10.0.0.1:9100')
    expect(target?.labels).toMatchObject({ __metrics_path__: '/stats', __scheme__: 'https' })
    expect(seriesLabels(target!)).toEqual({
      task_arn: endpoint({}).task,
      task_name: 'shop-web',
      task_revision: '12',
      task_group: 'service:web',
      cluster_arn: endpoint({}).cluster,
      container_name: 'app',
      container_arn: 'arn:aws:ecs:eu-west-1:123456789012:container/production/a/b',
      docker_image: 'shop:3',
      job: 'shop',
    })
  })

  it('has the labels of the ECS discovery of Prometheus, for relabelling', async () => {
    const { sink, json } = await started()
    const { cluster, task } = endpoint({})
    await reconciled(sink, backendsOf([backendWith(endpoint({ zone: 'eu-west-1a' }))]))
    const [target] = targetsAsPrometheus(await json())
    expect(target?.labels).toMatchObject({
      __meta_ecs_cluster: 'production',
      __meta_ecs_cluster_arn: cluster,
      __meta_ecs_region: 'eu-west-1',
      __meta_ecs_service: 'web',
      __meta_ecs_service_arn: 'arn:aws:ecs:eu-west-1:123456789012:service/production/web',
      __meta_ecs_task_group: 'service:web',
      __meta_ecs_task_arn: task,
      __meta_ecs_ip_address: '10.0.0.1',
      __meta_ecs_availability_zone: 'eu-west-1a',
      __meta_ecs_desired_status: 'RUNNING',
      __meta_ecs_last_status: 'RUNNING',
    })
    // None for what is not known.
    await reconciled(sink, backendsOf([backendWith(endpoint({ group: 'family:job', zone: undefined }))]))
    const [other] = targetsAsPrometheus(await json())
    expect(other?.labels).not.toHaveProperty('__meta_ecs_service')
    expect(other?.labels).not.toHaveProperty('__meta_ecs_availability_zone')
  })

  it('scrapes the name that a policy gives instead of the address, and still knows the address', async () => {
    const { sink, json } = await started()
    await reconciled(
      sink,
      backendsOf([
        backendWith(
          endpoint({ host: '10.0.0.1', labels: { __address__: 'one.example.com:9100' } }),
          endpoint({ id: 'two', host: '10.0.0.2', labels: { __address__: 'two.example.com:9100' } }),
        ),
      ]),
    )
    expect(targetsAsPrometheus(await json()).map(({ address }) => address)).toEqual([
      'one.example.com:9100',
      'two.example.com:9100',
    ])
    await reconciled(
      sink,
      backendsOf([{ name: 'web', endpoints: [], gone: [at('10.0.0.1')], complete: false }]),
      false,
    )
    expect(targetsAsPrometheus(await json()).map(({ address }) => address)).toEqual(['two.example.com:9100'])
  })

  it('has no label name that Prometheus refuses, whatever a policy calls its labels', async () => {
    const { sink, json } = await started()
    const labels = { 'traefik.http.routers.web.rule': 'Host(`a`)', '2nd': 'x', schön: 'y', 'a b': '' }
    await reconciled(sink, backendsOf([backendWith(endpoint({ labels }))]))
    const [target] = targetsAsPrometheus(await json())
    expect(target?.labels).toMatchObject({
      traefik_http_routers_web_rule: 'Host(`a`)',
      _2nd: 'x',
      sch_n: 'y',
      a_b: '',
    })
  })

  it('has labels of its user alone, where they are given', async () => {
    const { sink, json } = await started({ labels: ({ container }) => ({ job: container }) })
    await reconciled(sink, backendsOf([backendWith(endpoint({ labels: { other: 'left out' } }))]))
    const [target] = targetsAsPrometheus(await json())
    expect(target?.labels['job']).toBe('app')
    expect(target?.labels['other']).toBeUndefined()
  })

  it('has no target for UDP', async () => {
    const { sink, json } = await started()
    await reconciled(sink, backendsOf([backendWith(endpoint({ protocol: 'udp' }))]))
    expect(await json()).toEqual([])
  })

  it('is the same bytes for the same state, however it came to be', async () => {
    const [straight, roundabout] = [await started(), await started()]
    const goal = backendsOf([web('10.0.0.1', '10.0.0.2'), backendOf('api', [at('10.0.0.3')])])
    await reconciled(straight.sink, goal)
    await reconciled(roundabout.sink, backendsOf([web('10.0.0.2'), backendOf('old', [at('10.0.0.9')])]))
    await reconciled(roundabout.sink, backendsOf([backendOf('api', [at('10.0.0.3')]), web('10.0.0.5')]))
    await reconciled(roundabout.sink, goal)
    const bytes = await Promise.all([straight, roundabout].map(async ({ url }) => (await fetch(url)).text()))
    expect(bytes[0]).toBe(bytes[1])
    expect(bytes[0]).toContain('10.0.0.3')
  })
})

describe('a reader that polls', () => {
  it('gets 503 with what is missing until every backend is complete, and never an empty list before', async () => {
    const { sink, url } = await started({}, false)
    const asked = async () => {
      const answer = await fetch(url)
      return `${answer.status} ${answer.headers.get('retry-after') ?? ''} ${await answer.text()}`
    }
    expect(await asked()).toMatch(/^503 2 .*only just started/)
    sink.synced?.(desiredOf(undefined, false))
    expect(await asked()).toMatch(/^503 2 Not every cluster is fully known.*: 1\n- staging\n$/)

    const partial = { ...web('10.0.0.1'), complete: false }
    const waiting: Unresolved = {
      task: 'arn:task/1',
      cluster: 'arn:cluster',
      why: 'instance-address',
      detail: 'the address of i-1 is not known yet',
    }
    const waits: Desired = {
      ...desiredOf(backendsOf([partial])),
      unresolved: PersistentMap.from([
        ['1', waiting],
        ['2', { ...waiting, task: 'arn:task/2', why: 'refused', detail: 'for good' }],
      ]),
    }
    await reconciled(sink, waits.backends)
    sink.synced?.(waits)
    const told = await asked()
    expect(told).toMatch(/^503/)
    expect(told).toContain(
      'the address of its container instance: 1\n- arn:task/1: the address of i-1 is not known yet',
    )
    expect(told).not.toContain('for good')

    sink.synced?.(desiredOf(backendsOf([web('10.0.0.1')])))
    expect(await asked()).toMatch(/^200 .*10\.0\.0\.1:9100/)
    // What is known once is served, also while something new is looked up.
    sink.synced?.(waits)
    expect(await asked()).toMatch(/^200/)
  })

  const waitFor = (...tasks: readonly string[]): PersistentMap<Unresolved> =>
    PersistentMap.from(
      tasks.map((task) => [
        task,
        { task, cluster: 'arn:cluster', why: 'task-definition', detail: 'is not known yet' },
      ]),
    )

  it.each([
    ['a cluster that cannot be read', desiredOf(undefined, false)],
    ['a lookup that is not answered', { ...desiredOf(), unresolved: waitFor('arn:task/1') }],
  ])('is answered in time, whatever the machine’s clock does: %s', async (_, desired) => {
    const clock = virtualClock()
    let jump = 0
    const jumping = { ...clock, now: () => clock.now() + jump }
    const { sink, url } = await started({ clock: jumping, patienceMs: 60_000 }, false)
    const status = async () => (await fetch(url)).status
    sink.synced?.(desired)
    await clock.advance(59_999)
    for (jump of [-86_400_000, 86_400_000]) {
      sink.synced?.(desired)
      expect(await status()).toBe(503)
    }
    await clock.advance(1)
    expect(await status()).toBe(200)
    // Knowledge that comes to lack something later does not close it again.
    sink.synced?.(desired)
    expect(await status()).toBe(200)
  })

  it('has no timer waiting after the worker stops, and none in a dry run', async () => {
    const clock = virtualClock()
    const { sink, url } = await started({ clock, patienceMs: 60_000 }, false)
    expect(clock.sleeping).toBe(0)
    const stopping = new AbortController()
    sink.synced?.(desiredOf(undefined, false), stopping.signal)
    expect(clock.sleeping).toBe(1)
    stopping.abort()
    expect(clock.sleeping).toBe(0)
    await clock.advance(60_000)
    expect((await fetch(url)).status).toBe(503)
  })

  it('is answered once what ran when the clusters were read is known, though something is looked up at any time', async () => {
    const { sink, url } = await started({}, false)
    for (const [waits, status] of [
      [['1', '2'], 503],
      [['2', '3'], 503],
      [['3', '4'], 200],
    ] as const) {
      sink.synced?.({ ...desiredOf(), unresolved: waitFor(...waits) })
      expect((await fetch(url)).status).toBe(status)
    }
  })

  it('waits neither for what was refused for good nor for a cluster that can never be read', async () => {
    const { sink, url } = await started({}, false)
    const refused: Unresolved = {
      task: 'arn:task/vault',
      cluster: 'arn:cluster',
      why: 'lookup-refused',
      detail: 'AccessDeniedException',
    }
    sink.synced?.({
      ...desiredOf(undefined, false),
      awaited: [],
      readings: new Map([['arn:cluster', 1]]),
      unresolved: PersistentMap.from([['vault', refused]]),
    })
    expect((await fetch(url)).status).toBe(200)
  })

  it('hears of many clusters and tasks in a bounded text, without control characters', async () => {
    const { sink, url } = await started({}, false)
    const many = (prefix: string) => Array.from({ length: 5_000 }, (_, i) => `${prefix}\u001b[31m${i}`)
    sink.synced?.({
      ...desiredOf(undefined, false),
      awaited: many('cluster'),
      unresolved: waitFor(...many(`arn:${'x'.repeat(1_000)}`)),
    })
    const told = await (await fetch(url)).text()
    expect(told.length).toBeLessThan(8_000)
    expect(told).toContain('must still read: 5000')
    expect(told).toContain('its task definition: 5000')
    expect(told).toContain('and 4990 more')
    expect(told).not.toContain('\u001b')
  })

  it('may use only GET and HEAD, and never gets 304', async () => {
    const { url } = await started()
    const got = await fetch(url, { headers: { 'if-none-match': '*', 'if-modified-since': 'now' } })
    expect(got.status).toBe(200)
    const body = await got.text()
    const head = await fetch(url, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String(body.length),
      '',
    ])
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const refused = await fetch(url, {
        method,
        ...(method === 'POST' ? { body: 'x'.repeat(100_000) } : {}),
      })
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })

  it('must send one of the secrets, once, in the configured header', async () => {
    const { url } = await started({ secrets: ['Bearer new', 'Bearer old'] })
    const status = async (headers: Record<string, string>) => (await fetch(url, { headers })).status
    expect(await status({ authorization: 'Bearer new' })).toBe(200)
    expect(await status({ authorization: 'Bearer old' })).toBe(200)
    expect(await status({ authorization: 'Bearer' })).toBe(401)
    expect(await status({ authorization: 'Bearer new and more' })).toBe(401)
    expect(await status({ 'x-api-key': 'Bearer new' })).toBe(401)
    expect(await status({})).toBe(401)
    const twice = await requested(url, {
      method: 'GET',
      headers: ['authorization', 'Bearer new', 'authorization', 'Bearer worse'],
    })
    expect(twice.status).toBe(400)
    const challenge = (await fetch(url)).headers.get('www-authenticate')
    expect(challenge).toBe('Bearer')
  })

  it('without the secret learns nothing of what is missing', async () => {
    const { url } = await started({ secretHeader: 'X-Api-Key', secrets: ['s3cret'] }, false)
    expect((await fetch(url)).status).toBe(401)
    expect((await fetch(url, { headers: { 'x-api-key': 's3cret' } })).status).toBe(503)
  })

  it.each([{ secrets: [] }, { secrets: [''] }, { secrets: ['x'], secretHeader: 'no header' }])(
    'a secret like %o is refused at once',
    (access) => {
      expect(() => prometheusHttp(access)).toThrow(RangeError)
    },
  )

  it('sees an old list or a new one, each whole, while it changes', async () => {
    const { sink, url } = await started()
    const hosts = (generation: number) =>
      Array.from({ length: 300 }, (_, n) => at(`10.${generation}.${n >> 8}.${n % 256}`))
    const states = [1, 2, 3, 4, 5].map((generation) =>
      backendsOf(['web', 'api', 'mail'].map((name) => backendOf(name, hosts(generation)))),
    )
    await reconciled(sink, states[0]!)
    let polling = true
    const seen = new Set<string>()
    const poll = async (): Promise<void> => {
      while (polling) {
        const targets = targetsAsPrometheus(await (await fetch(url)).json())
        expect(targets).toHaveLength(900)
        const generations = new Set(targets.map(({ address }) => address.split('.')[1]!))
        expect(generations.size).toBe(1)
        for (const generation of generations) seen.add(generation)
      }
    }
    const pollers = [poll(), poll(), poll()]
    for (const state of states) {
      await reconciled(sink, state)
      await (await fetch(url)).text()
    }
    polling = false
    await Promise.all(pollers)
    expect(seen.has('5')).toBe(true)
  })
})

describe('a worker that serves Prometheus', () => {
  it('answers 503 until its clusters are read, then all, and a change with the next poll', async () => {
    const clock = virtualClock(1_000_000)
    const source = memorySource({ covers: [cluster] })
    const sink = prometheusHttp()
    const worker = run(
      { sources: [source], sinks: [sink], expose: servicePorts(), minWriteIntervalMs: 0 },
      { clock, random: () => 0.5 },
    )
    const server = await webhookServer({
      listen: { host: '127.0.0.1', port: 0 },
      routes: [
        webhookRoutes({ '/targets': sink.listener }),
        statusRoutes({ readiness: () => ({ ready: true, reasons: [] }), metrics: new Registry() }),
      ],
    })
    onTestFinished(async () => {
      const stopped = worker.stop()
      await clock.advance(60_000)
      await stopped
      await server.close()
    })
    const asked = async () => {
      const answer = await fetch(`${server.url}/targets`)
      return answer.status === 200
        ? targetsAsPrometheus(await answer.json()).map(({ address }) => address)
        : answer.status
    }
    const task = (id: string, port: number) => observed({ id, port, at: 1_000_000 })

    await clock.advance(0)
    expect(await asked()).toBe(503)
    void source.push({ _tag: 'TaskChanged', task: task('a', 32768) })
    await clock.advance(0)
    expect(await asked()).toBe(503)
    void source.push({
      _tag: 'TasksListed',
      cluster,
      at: 1_000_000,
      tasks: [task('a', 32768), task('b', 32769)],
    })
    await clock.advance(0)
    expect(await asked()).toEqual(['10.0.0.1:32768', '10.0.0.1:32769'])
    void source.push({
      _tag: 'TaskChanged',
      task: observed({ id: 'a', port: 32768, version: 4, at: 1_000_001, desired: 'STOPPED' }),
    })
    await clock.advance(0)
    expect(await asked()).toEqual(['10.0.0.1:32769'])
  })

  it('serves an empty list once it knows that its clusters run nothing', async () => {
    const clock = virtualClock(1_000_000)
    const source = memorySource({ covers: [cluster] })
    const { sink, json, url } = await started({}, false)
    const worker = run(
      { sources: [source], sinks: [sink], expose: servicePorts() },
      { clock, random: () => 0.5 },
    )
    onTestFinished(async () => {
      const stopped = worker.stop()
      await clock.advance(60_000)
      await stopped
    })
    await clock.advance(0)
    expect((await fetch(url)).status).toBe(503)
    void source.push({ _tag: 'TasksListed', cluster, at: 1_000_000, tasks: [] })
    await clock.advance(0)
    expect(await json()).toEqual([])
  })
})

it('a sink that is never applied (dry run) has nothing to serve', async () => {
  const { sink, url } = await started({}, false)
  await sink.read(signal)
  expect((await fetch(url)).status).toBe(503)
})
