import { readdirSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { describe, expect, it } from 'vitest'
import { prometheusFile } from '../../src/sinks/prometheus/file.js'
import type { TargetGroups } from '../../src/sinks/prometheus/targets.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { documentOnDisk } from '../support/document-files.js'
import { targetsAsPrometheus } from '../support/prometheus-sd-rules.js'
import { reconciled } from '../support/served.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { contractRuns } from '../laws/runs.js'

interface Group {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

const temporary = temporaryDirectories()
const { signal } = new AbortController()
const at = (last: number, port = 9100) => ({ host: `10.0.0.${last}`, port })
const web = (...lasts: readonly number[]) =>
  backendsOf([
    backendOf(
      'web',
      lasts.map((last) => at(last)),
    ),
  ])
const newPath = async (name = 'ecs.json') => join(await temporary(), name)

const harness = async (): Promise<SinkHarness<TargetGroups>> => {
  const disk = documentOnDisk(await newPath())
  const groups = (): readonly Group[] => (disk.generation() === 0 ? [] : (disk.json() as Group[]))
  return {
    sink: prometheusFile(disk),
    writes: disk.generation,
    snapshot: () => {
      const list = groups()
      targetsAsPrometheus(list)
      const byBackend = new Map<string, Group[]>()
      for (const group of list) {
        const backend = group.labels['__meta_ecs_backend']
        if (backend !== undefined) byBackend.set(backend, [...(byBackend.get(backend) ?? []), group])
      }
      return Promise.resolve(byBackend)
    },
    addresses: (value) => value.flatMap(({ targets }) => targets),
    tamper: (key) => {
      const [first, ...others] = groups().filter(({ labels }) => labels['__meta_ecs_backend'] === key)
      disk.overwrite([
        ...groups().filter(({ labels }) => labels['__meta_ecs_backend'] !== key),
        { ...first, targets: ['192.0.2.1:1'] },
        ...others,
      ])
      return Promise.resolve()
    },
    another: () => prometheusFile(disk),
    dispose: () => Promise.resolve(),
  }
}

// A file is one owner's as a whole, holds nothing else, and is replaced as a whole.
// Each run writes to the disk several times, and waits for it.
sinkContract('prometheusFile', harness, {
  lacks: ['foreign-rows', 'adoption', 'extras', 'partial-failure'],
  runs: contractRuns(15),
})

describe('the file', () => {
  it('is what Prometheus takes, as JSON and as YAML', async () => {
    for (const name of ['ecs.json', 'ecs.yml', 'ecs.yaml']) {
      const path = await newPath(name)
      await reconciled(
        prometheusFile({ path, labels: () => ({ odd: 'a\u0085b\u2028c\ufeffd {{ "e" }}: #f\n\ttab 😀' }) }),
        web(1, 2),
      )
      const text = readFileSync(path, 'utf8')
      expect(targetsAsPrometheus(JSON.parse(text)).map(({ address }) => address)).toEqual([
        '10.0.0.1:9100',
        '10.0.0.2:9100',
      ])
      expect(parseYaml(text)).toEqual(JSON.parse(text))
      // The characters that YAML does not allow as they are.
      // eslint-disable-next-line no-control-regex
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/)
    }
  })

  it('is found again by a restart, which deletes nothing while lookups are slow', async () => {
    const path = await newPath()
    await reconciled(prometheusFile({ path }), web(1, 2))
    const before = readFileSync(path, 'utf8')
    const restarted = prometheusFile({ path })
    await reconciled(restarted, backendsOf([]), false)
    expect(readFileSync(path, 'utf8')).toBe(before)
    await reconciled(restarted, backendsOf([backendOf('web', [at(3)], { complete: false })]), false)
    expect(targetsAsPrometheus(documentOnDisk(path).json()).map(({ address }) => address)).toEqual([
      '10.0.0.1:9100',
      '10.0.0.2:9100',
      '10.0.0.3:9100',
    ])
    await reconciled(restarted, web(3))
    expect(targetsAsPrometheus(documentOnDisk(path).json())).toHaveLength(1)
  })

  it('knows a backend that has become empty', async () => {
    const path = await newPath()
    await reconciled(prometheusFile({ path }), web(1))
    await reconciled(prometheusFile({ path }), web())
    expect(targetsAsPrometheus(documentOnDisk(path).json())).toEqual([])
    expect((await prometheusFile({ path }).read(signal)).map(({ key }) => key)).toEqual(['web'])
  })

  it('is written by two workers of one owner without either losing a write', async () => {
    const path = await newPath()
    const names = Array.from({ length: 12 }, (_, n) => `service-${n}`)
    const all = backendsOf(names.map((name, n) => backendOf(name, [at(n)])))
    const workers = names.map((name, n) => async () => {
      const sink = prometheusFile({ path })
      for (;;) {
        const outcomes = await reconciled(sink, backendsOf([backendOf(name, [at(n)])]), false).catch(() => [])
        if (outcomes.every(({ _tag }) => _tag === 'Done') && outcomes.length > 0) return
      }
    })
    await Promise.all(workers.map((work) => work()))
    expect(await reconciled(prometheusFile({ path }), all)).toEqual([])
  })

  it('of another owner is left alone, and said so', async () => {
    const path = await newPath()
    await reconciled(prometheusFile({ path }), web(1), true, 'first')
    const before = readFileSync(path, 'utf8')
    const second = prometheusFile({ path })
    // What it has is another's: nothing of it is planned.
    expect(await reconciled(second, web(2), true, 'second')).toEqual([])
    await expect(reconciled(second, backendsOf([backendOf('api', [at(3)])]), true, 'second')).rejects.toThrow(
      /belongs to the owner "first", and this worker is "second".*another path/,
    )
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  it.each([
    ['that names no owner', '[{"targets":["10.9.9.9:80"],"labels":{}}]', 'it names no owner'],
    [
      'of prometheus-ecs-discovery',
      '- targets:\n  - 10.9.9.9:80\n  labels: {}\n',
      'does not contain what this',
    ],
    ['of half a document', '[{"targets":["10.9.', 'does not contain what this worker writes'],
    ['of another shape', '{"targets":[1]}', 'does not contain what this worker writes'],
  ])('%s is never overwritten', async (_, text, message) => {
    const path = await newPath()
    await writeFile(path, text)
    const sink = prometheusFile({ path })
    await expect(sink.read(signal)).rejects.toThrow(message)
    await expect(sink.read(signal)).rejects.toThrow(`${path} `)
    const [[key, after]] = [...sink.render(web(1), new Map())] as [[string, TargetGroups]]
    await expect(sink.apply([{ _tag: 'Create', key, after }], 'worker', signal)).rejects.toThrow(message)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it.each(['', ' \n', '[]', '[]\n'])('that says nothing (%j) becomes ours', async (text) => {
    const path = await newPath()
    await writeFile(path, text)
    await reconciled(prometheusFile({ path }), web(1))
    expect(targetsAsPrometheus(documentOnDisk(path).json())).toHaveLength(1)
  })

  it('that was removed is written again', async () => {
    const path = await newPath()
    const sink = prometheusFile({ path })
    await reconciled(sink, web(1))
    await rm(path)
    await reconciled(sink, web(1))
    expect(targetsAsPrometheus(documentOnDisk(path).json())).toHaveLength(1)
    expect(readdirSync(join(path, '..'))).toEqual(['ecs.json'])
  })

  it('is not touched where nothing changes', async () => {
    const disk = documentOnDisk(await newPath())
    await reconciled(prometheusFile(disk), web(1))
    const before = disk.generation()
    await reconciled(prometheusFile(disk), web(1))
    expect(disk.generation()).toBe(before)
  })

  it.each(['ecs.txt', 'json', '.json', 'ecs.json.bak', ''])('may not be called "%s"', (name) => {
    expect(() => prometheusFile({ path: `/tmp/${name}` })).toThrow(
      'prometheusFile: path: expected a name that ends in .json, .yml or .yaml',
    )
  })
})
