import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, servicePorts } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { traefikFile } from '../../src/sinks/traefik/file/index.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import type { Element } from '../../src/sinks/traefik/grammar/element.js'
import { documentOnDisk } from '../support/document-files.js'
import { cluster, observed } from '../support/observed-task.js'
import { reconciled } from '../support/served.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { elementsAsTraefik, serversOf } from '../support/traefik-elements.js'
import { virtualClock } from '../support/virtual-clock.js'
import { contractRuns } from '../laws/runs.js'

const temporary = temporaryDirectories()
const { signal } = new AbortController()
const at = (last: number, port = 8080) => ({ host: `10.0.0.${last}`, port })
const web = (...lasts: readonly number[]) =>
  backendsOf([
    backendOf(
      'web',
      lasts.map((last) => at(last)),
    ),
  ])
const newPath = async (name = 'ecs.yml') => join(await temporary(), name)
const elementsIn = (path: string) => elementsAsTraefik(readFileSync(path, 'utf8'))
const serversIn = (path: string): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries([...elementsIn(path)].map(([key, element]) => [key, serversOf(element)]))

interface Document {
  readonly http: { readonly services: Readonly<Record<string, Element>> }
}

const harness = async (prune: 'empty' | 'delete'): Promise<SinkHarness<Element>> => {
  const disk = documentOnDisk(await newPath())
  return {
    sink: traefikFile({ path: disk.path, prune }),
    writes: disk.generation,
    snapshot: () => Promise.resolve(disk.generation() === 0 ? new Map() : elementsIn(disk.path)),
    addresses: serversOf,
    tamper: (key) => {
      const document = disk.json() as Document
      const name = key.replace('http/services/', '')
      const byHand = { loadBalancer: { servers: [{ url: 'http://192.0.2.1:1' }], passHostHeader: false } }
      disk.overwrite({ ...document, http: { services: { ...document.http.services, [name]: byHand } } })
      return Promise.resolve()
    },
    another: () => traefikFile({ path: disk.path, prune }),
    dispose: () => Promise.resolve(),
  }
}

// A file is one owner's as a whole, holds nothing else, and is replaced as a whole.
// Each run writes to the disk several times, and waits for it.
const lacks = ['foreign-rows', 'adoption', 'extras', 'partial-failure'] as const
sinkContract('traefikFile', () => harness('empty'), { lacks, runs: contractRuns(12) })
sinkContract('traefikFile that deletes', () => harness('delete'), { lacks, runs: contractRuns(12) })

describe('the file', () => {
  it('is what Traefik takes, as JSON and as YAML, with the name of its owner where Traefik does not look', async () => {
    const path = await newPath()
    await reconciled(traefikFile({ path }), web(1, 2), true, 'ecs-task-stream/production')
    const text = readFileSync(path, 'utf8')
    expect(serversIn(path)).toEqual({ 'http/services/web': ['10.0.0.1:8080', '10.0.0.2:8080'] })
    expect(parseYaml(text)).toEqual(JSON.parse(text))
    expect(JSON.parse(text)).toMatchObject({ _meta: { owner: 'ecs-task-stream/production' } })
  })

  it('has no {{, which Traefik would take for its template, and says the same without', async () => {
    const path = await newPath()
    const after = { rule: 'Host(`{{ normalize .Name }}`) || Path(`/{{{x}}}`)', service: 'web{{' }
    const outcomes = await traefikFile({ path }).apply(
      [{ _tag: 'Create', key: 'http/routers/{{web', after }],
      'worker',
      signal,
    )
    expect(outcomes).toMatchObject([{ _tag: 'Done' }])
    const text = readFileSync(path, 'utf8')
    expect(text).not.toContain('{{')
    expect(parseYaml(text)).toMatchObject({ http: { routers: { '{{web': after } } })
    const [row] = await traefikFile({ path }).read(signal)
    expect([row?.key, row?.value]).toEqual(['http/routers/{{web', after])
  })

  it('is found again by a restart, which deletes nothing while lookups are slow', async () => {
    const path = await newPath()
    await reconciled(traefikFile({ path }), web(1, 2))
    const before = readFileSync(path, 'utf8')
    const restarted = traefikFile({ path })
    await reconciled(restarted, backendsOf([]), false)
    expect(readFileSync(path, 'utf8')).toBe(before)
    await reconciled(
      restarted,
      backendsOf([backendOf('web', [at(3)], { gone: [at(1)], complete: false })]),
      false,
    )
    expect(serversIn(path)).toEqual({ 'http/services/web': ['10.0.0.2:8080', '10.0.0.3:8080'] })
  })

  it('of another owner is left alone, and said so', async () => {
    const path = await newPath()
    await reconciled(traefikFile({ path }), web(1), true, 'first')
    const before = readFileSync(path, 'utf8')
    const second = traefikFile({ path })
    expect(await reconciled(second, web(2), true, 'second')).toEqual([])
    await expect(reconciled(second, backendsOf([backendOf('api', [at(3)])]), true, 'second')).rejects.toThrow(
      'belongs to the owner "first"',
    )
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  it.each([
    [
      'that people wrote as YAML',
      'http:\n  services:\n    web: { loadBalancer: { servers: [] } }\n',
      'does not contain',
    ],
    ['that people wrote as JSON', '{"http":{"services":{"web":{}}}}', 'it names no owner'],
    ['that has only what we never write', '{"tls":{"certificates":[{"certFile":"a"}]}}', 'it names no owner'],
    ['of half a document', '{"_meta":{"owner":"worker"},"http":{"serv', 'does not contain'],
    ['of another shape', '{"_meta":{"owner":"worker"},"http":[]}', 'does not contain'],
  ])('%s is never overwritten', async (_, text, message) => {
    const path = await newPath()
    await writeFile(path, text)
    const sink = traefikFile({ path })
    await expect(sink.read(signal)).rejects.toThrow(message)
    await expect(sink.read(signal)).rejects.toThrow('move the file away, or give another path')
    const [[key, after]] = [...sink.render(web(1), new Map())] as [[string, Element]]
    await expect(sink.apply([{ _tag: 'Create', key, after }], 'worker', signal)).rejects.toThrow(message)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it.each(['', '{}', '{}\n', '\n'])('that says nothing (%j) becomes ours', async (text) => {
    const path = await newPath()
    await writeFile(path, text)
    await reconciled(traefikFile({ path }), web(1))
    expect(serversIn(path)).toEqual({ 'http/services/web': ['10.0.0.1:8080'] })
  })

  it.each(['ecs.json', 'ecs.toml', 'ecs', '.yml', ''])('may not be called "%s"', (name) => {
    expect(() => traefikFile({ path: `/tmp/${name}` })).toThrow(
      'path: expected a name that ends in .yml or .yaml',
    )
  })
})

it('a worker whose file is broken says so until it is mended, and then goes on by itself', async () => {
  const path = await newPath()
  await writeFile(path, 'http: {}')
  const clock = virtualClock(1_000_000)
  const source = memorySource({ covers: [cluster] })
  const worker = run(
    { sources: [source], sinks: [traefikFile({ path })], expose: servicePorts(), minWriteIntervalMs: 0 },
    { clock, random: () => 0.5 },
  )
  const failures: string[] = []
  const failed = new Promise<void>((resolve) =>
    worker.reports$.subscribe((report) => {
      if (report._tag !== 'SinkFailed') return
      failures.push(report.error.message)
      resolve()
    }),
  )
  await clock.advance(0)
  const acknowledged = source.push({
    _tag: 'TasksListed',
    cluster,
    at: 1_000_000,
    tasks: [observed({ id: 'a', at: 1_000_000 })],
  })
  await failed
  expect(failures[0]).toContain(`${path} does not contain what this worker writes`)
  expect(source.unsettled).toBe(1)
  await writeFile(path, '')
  while (source.unsettled > 0) await clock.advance(1_000)
  expect(await acknowledged).toBe('acked')
  expect(serversIn(path)).toEqual({ 'http/services/web': ['10.0.0.1:32768'] })
  const stopped = worker.stop()
  await clock.advance(60_000)
  await stopped
})
