import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatAddress } from '../../src/core/desired.js'
import { type EnvoyAssignment, assignmentOf, endpointsIn } from '../../src/sinks/envoy/assignment.js'
import { envoyFiles } from '../../src/sinks/envoy/files.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { reconciled } from '../support/served.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { countedWrites } from '../support/counted-writes.js'
import { contractRuns } from '../laws/runs.js'

const temporary = temporaryDirectories()
const { signal } = new AbortController()
const at = (last: number) => ({ host: `10.0.0.${last}`, port: 80 })
const backend = (name: string, ...lasts: readonly number[]) => backendOf(name, lasts.map(at))

const addresses = (assignment: EnvoyAssignment): readonly string[] =>
  endpointsIn(assignment).map(formatAddress)

const filesIn = (directory: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(directory)
      .filter((file) => !file.startsWith('.'))
      .map((file) => [file.replace(/\.json$/, ''), readFileSync(join(directory, file), 'utf8')]),
  )

/** What Envoy takes from a file: exactly one assignment, of the cluster that it is named for. */
const assignmentIn = (text: string): EnvoyAssignment => {
  const { resources } = JSON.parse(text) as { readonly resources: readonly EnvoyAssignment[] }
  expect(resources).toHaveLength(1)
  return resources[0]!
}

const harness = async (): Promise<SinkHarness<EnvoyAssignment>> => {
  const directory = await temporary()
  const pathOf = (key: string) => join(directory, `${key}.json`)
  return {
    ...countedWrites(envoyFiles({ directory })),
    snapshot: () => Promise.resolve(filesIn(directory)),
    addresses,
    tamper: (key) => {
      const text = readFileSync(pathOf(key), 'utf8')
      writeFileSync(pathOf(key), text.replace('"endpoints":[', '"policy":{},"endpoints":['))
      return Promise.resolve()
    },
    plant: async ({ name, endpoints }, owner) => {
      const after = assignmentOf(
        name,
        endpoints.map(({ host, port }) => ({ host, port, zone: undefined, weight: undefined })),
      )
      if (owner === undefined) writeFileSync(pathOf(name), JSON.stringify({ resources: [after] }))
      else await envoyFiles({ directory }).apply([{ _tag: 'Create', key: name, after }], owner, signal)
    },
    another: () => envoyFiles({ directory }),
    dispose: () => rm(directory, { recursive: true, force: true }),
  }
}

// A file is one backend's as a whole. Each run writes to the disk several times, and waits for it.
sinkContract('envoyFiles', harness, { lacks: ['extras', 'partial-failure'], runs: contractRuns(15) })

describe('the files', () => {
  it('are one for each backend, and a change writes its own alone', async () => {
    const directory = await temporary()
    const sink = envoyFiles({ directory })
    await reconciled(sink, backendsOf([backend('web', 1, 2), backend('shop/api', 3)]))
    const before = statSync(join(directory, 'shop%2Fapi.json')).ino
    await reconciled(sink, backendsOf([backend('web', 2), backend('shop/api', 3)]))
    expect([...filesIn(directory).keys()].sort()).toEqual(['shop%2Fapi', 'web'])
    expect(addresses(assignmentIn(filesIn(directory).get('web')!))).toEqual(['10.0.0.2:80'])
    expect(assignmentIn(filesIn(directory).get('shop%2Fapi')!)['cluster_name']).toBe('shop/api')
    expect(statSync(join(directory, 'shop%2Fapi.json')).ino).toBe(before)
  })

  it('are found again by a restart, which changes nothing while lookups are slow', async () => {
    const directory = await temporary()
    await reconciled(envoyFiles({ directory }), backendsOf([backend('web', 1, 2)]))
    const before = filesIn(directory)
    const restarted = envoyFiles({ directory })
    await reconciled(restarted, backendsOf([]), false)
    expect(filesIn(directory)).toEqual(before)
    await reconciled(restarted, backendsOf([backendOf('web', [at(3)], { complete: false })]), false)
    expect(addresses(assignmentIn(filesIn(directory).get('web')!))).toHaveLength(3)
  })

  it('of a backend that is gone stays, without endpoints', async () => {
    const directory = await temporary()
    await reconciled(envoyFiles({ directory }), backendsOf([backend('web', 1)]))
    await reconciled(envoyFiles({ directory }), backendsOf([]))
    expect(assignmentIn(filesIn(directory).get('web')!)).toMatchObject({ cluster_name: 'web', endpoints: [] })
  })

  it.each([
    ['of another owner', '{"control_plane":{"identifier":"somebody"},"resources":[{"cluster_name":"web"}]}'],
    ['that names no owner', '{"resources":[{"cluster_name":"web"}]}'],
    ['of half a document', '{"resources":[{"clus'],
    ['in YAML', 'resources: []'],
  ])('%s are never overwritten, and block no other', async (_, text) => {
    const directory = await temporary()
    writeFileSync(join(directory, 'web.json'), text)
    const sink = envoyFiles({ directory })
    await reconciled(sink, backendsOf([backend('web', 1), backend('api', 2)]))
    expect(filesIn(directory).get('web')).toBe(text)
    expect(filesIn(directory).has('api')).toBe(true)
    // Nor by a plan that was made before the file was there.
    const outcomes = await sink.apply(
      [{ _tag: 'Create', key: 'web', after: assignmentOf('web', []) }],
      'worker',
      signal,
    )
    expect(outcomes).toMatchObject([{ _tag: 'Conflict', key: 'web' }])
    expect(filesIn(directory).get('web')).toBe(text)
  })

  it.each(['', ' \n'])(
    'without content (%j) become ours: Envoy needs a file before it starts',
    async (text) => {
      const directory = await temporary()
      writeFileSync(join(directory, 'web.json'), text)
      await reconciled(envoyFiles({ directory }), backendsOf([backend('web', 1)]))
      expect(addresses(assignmentIn(filesIn(directory).get('web')!))).toEqual(['10.0.0.1:80'])
    },
  )

  it('may have others beside them', async () => {
    const directory = await temporary()
    mkdirSync(join(directory, 'certificates.json'))
    writeFileSync(join(directory, 'bootstrap.yaml'), 'admin: {}')
    writeFileSync(join(directory, 'a b.json'), '{}')
    await reconciled(envoyFiles({ directory }), backendsOf([backend('web', 1)]))
    expect((await envoyFiles({ directory }).read(signal)).map(({ key }) => key)).toEqual(['web'])
  })

  it('are refused for a name that no file can have, which blocks no other', async () => {
    const directory = await temporary()
    const long = 'a'.repeat(300)
    const outcomes = await reconciled(
      envoyFiles({ directory }),
      backendsOf([backend(long, 1), backend('half \ud83d', 2), backend('web', 3)]),
    )
    expect(outcomes.filter(({ _tag }) => _tag === 'Rejected').map(({ key }) => key)).toEqual(
      expect.arrayContaining([long, 'half \ud83d']),
    )
    expect([...filesIn(directory).keys()]).toEqual(['web'])
  })
})

it('a directory that does not exist is said so, with what to do', async () => {
  const directory = join(await temporary(), 'missing')
  await expect(envoyFiles({ directory }).read(signal)).rejects.toThrow(
    `cannot read the directory ${directory}`,
  )
  expect(() => envoyFiles({ directory: '' })).toThrow('envoyFiles: directory: expected a path, got ""')
})
