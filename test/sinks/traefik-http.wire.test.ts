import { run, servicePorts } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { webhookRoutes, webhookServer } from 'ecs-task-stream/worker'
import { describe, expect, it, onTestFinished } from 'vitest'
import { traefikHttp, type TraefikHttpOptions } from '../../src/sinks/traefik/http/index.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import type { Element } from '../../src/sinks/traefik/grammar/element.js'
import { cluster, observed } from '../support/observed-task.js'
import { desiredOf, reconciled, served } from '../support/served.js'
import { elementsAsTraefik, serversOf } from '../support/traefik-elements.js'
import { virtualClock } from '../support/virtual-clock.js'
import { contractRuns } from '../laws/runs.js'

const at = (last: number, port = 8080) => ({ host: `10.0.0.${last}`, port })
const state = (backends: Readonly<Record<string, readonly number[]>>) =>
  backendsOf(
    Object.entries(backends).map(([name, lasts]) =>
      backendOf(
        name,
        lasts.map((last) => at(last)),
      ),
    ),
  )

const harness = async (options: TraefikHttpOptions): Promise<SinkHarness<Element>> => {
  const { sink, text, writes, close } = await served(traefikHttp(options))
  return {
    sink,
    writes,
    snapshot: async () => elementsAsTraefik(await text()),
    addresses: serversOf,
    dispose: close,
  }
}

// The document is in this process alone, and only readers reach it.
const lacks = [
  'tampering',
  'foreign-rows',
  'adoption',
  'extras',
  'partial-failure',
  'restart',
  'races',
] as const
sinkContract('traefikHttp', () => harness({}), { lacks, runs: contractRuns(30) })
sinkContract('traefikHttp that deletes', () => harness({ prune: 'delete' }), {
  lacks,
  runs: contractRuns(30),
})

const started = async (options: TraefikHttpOptions = {}, open = true) => {
  const here = await served(traefikHttp(options), { open })
  onTestFinished(here.close)
  return here
}

describe('what Traefik is served', () => {
  it('is a document that it takes, byte for byte the same for the same state, however it came to be', async () => {
    const [straight, roundabout] = [await started({ prune: 'delete' }), await started({ prune: 'delete' })]
    const goal = state({ web: [1, 2], api: [3], 'a.b-c': [4] })
    await reconciled(straight.sink, goal)
    for (const step of [state({ web: [2], old: [9] }), state({ api: [3], web: [5] }), goal])
      await reconciled(roundabout.sink, step)
    const bytes = await straight.text()
    expect(await roundabout.text()).toBe(bytes)
    expect(elementsAsTraefik(bytes).size).toBe(3)
    await reconciled(straight.sink, goal)
    expect(await straight.text()).toBe(bytes)
  })

  it('keeps a service that is known to be empty, and one that is no longer known, with no servers', async () => {
    const { sink, text } = await started()
    await reconciled(sink, state({ web: [1], api: [2] }))
    await reconciled(sink, state({ web: [] }))
    expect([...elementsAsTraefik(await text())].map(([key, element]) => [key, serversOf(element)])).toEqual([
      ['http/services/api', []],
      ['http/services/web', []],
    ])
  })

  it('is {} once nothing is left, where services are deleted: no section is empty', async () => {
    const { sink, text } = await started({ prune: 'delete' })
    await reconciled(sink, state({ web: [1] }))
    await reconciled(sink, state({}))
    expect(await text()).toBe('{}\n')
  })

  it('is not {} before anything is known', async () => {
    const { sink, url } = await started({}, false)
    for (const desired of [desiredOf(undefined, false), desiredOf(undefined, false)]) {
      sink.synced?.(desired)
      const answer = await fetch(url)
      expect(answer.status).toBe(503)
      expect(await answer.text()).toContain('Not every cluster is fully known')
    }
    sink.synced?.(desiredOf())
    expect(await (await fetch(url)).text()).toBe('{}\n')
  })
})

describe('a worker that serves Traefik', () => {
  const stage = async () => {
    const clock = virtualClock(1_000_000)
    const source = memorySource({ covers: [cluster] })
    const sink = traefikHttp({ secrets: ['Bearer s3cret'] })
    const worker = run(
      { sources: [source], sinks: [sink], expose: servicePorts(), minWriteIntervalMs: 0 },
      { clock, random: () => 0.5 },
    )
    const server = await webhookServer({
      listen: { host: '127.0.0.1', port: 0 },
      routes: [webhookRoutes({ '/traefik': sink.listener })],
    })
    onTestFinished(async () => {
      const stopped = worker.stop()
      await clock.advance(60_000)
      await stopped
      await server.close()
    })
    await clock.advance(0)
    return {
      clock,
      source,
      polled: async () => {
        const answer = await fetch(`${server.url}/traefik`, { headers: { authorization: 'Bearer s3cret' } })
        if (answer.status !== 200) return answer.status
        const elements = elementsAsTraefik(await answer.text())
        return Object.fromEntries([...elements].map(([key, element]) => [key, serversOf(element)]))
      },
    }
  }
  const task = (id: string, port: number) => observed({ id, port, at: 1_000_000 })

  it('answers 503 until its clusters are read; then each change is in the next answer', async () => {
    const { clock, source, polled } = await stage()
    void source.push({ _tag: 'TaskChanged', task: task('a', 32768) })
    await clock.advance(0)
    expect(await polled()).toBe(503)
    void source.push({
      _tag: 'TasksListed',
      cluster,
      at: 1_000_000,
      tasks: [task('a', 32768), task('b', 32769)],
    })
    await clock.advance(0)
    expect(await polled()).toEqual({ 'http/services/web': ['10.0.0.1:32768', '10.0.0.1:32769'] })
    void source.push({
      _tag: 'TaskChanged',
      task: observed({ id: 'b', port: 32769, version: 4, at: 1_000_001, desired: 'STOPPED' }),
    })
    await clock.advance(0)
    expect(await polled()).toEqual({ 'http/services/web': ['10.0.0.1:32768'] })
  })

  it('answers 503 while an address is looked up after a restart, however slow that is', async () => {
    const { clock, source, polled } = await stage()
    const instance = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/i'
    const onInstance = { ...task('a', 32768), interface: undefined, instance }
    void source.push({
      _tag: 'TasksListed',
      cluster,
      at: 1_000_000,
      tasks: [onInstance, observed({ id: 'b', service: 'api', port: 32769, at: 1_000_000 })],
    })
    await clock.advance(600_000)
    expect(await polled()).toBe(503)
    void source.push({
      _tag: 'InstanceDescribed',
      instance,
      addresses: { ipv4: '10.0.0.7', ipv6: undefined },
      at: 1_000_000,
    })
    await clock.advance(0)
    expect(await polled()).toEqual({
      'http/services/api': ['10.0.0.1:32769'],
      'http/services/web': ['10.0.0.7:32768'],
    })
  })
})
