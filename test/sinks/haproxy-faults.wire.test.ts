import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { Subject } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { EmbeddedHaproxy, type Interception } from '../../sim/haproxy/embedded-haproxy.js'
import { followReloads, haproxyRuntime, type HaproxyRuntimeOptions } from '../../src/sinks/haproxy/runtime.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { freePort } from '../support/free-port.js'
import { reconciled } from '../support/served.js'
import { temporaryDirectories } from '../support/temporary-directory.js'

const temporary = temporaryDirectories()
const { signal } = new AbortController()
const at = (last: number) => ({ host: `10.0.0.${last}`, port: 80 })
const web = (...lasts: readonly number[]) => backendsOf([backendOf('web', lasts.map(at))])

const started = async (path?: string): Promise<EmbeddedHaproxy> => {
  const haproxy = await EmbeddedHaproxy.start({
    backends: { web: 'leastconn', api: 'random', source: 'source' },
    ...(path === undefined ? {} : { path }),
  })
  onTestFinished(() => haproxy.close())
  return haproxy
}

const sinkOf = ({ address }: EmbeddedHaproxy, options: Partial<HaproxyRuntimeOptions> = {}) =>
  haproxyRuntime({ address, ...options })

const namesIn = ({ haproxy }: EmbeddedHaproxy, backend = 'web'): readonly string[] =>
  [...(haproxy.backends.get(backend)?.servers.keys() ?? [])].sort()

const serverIn = ({ haproxy }: EmbeddedHaproxy, last: number) => {
  const server = haproxy.backends.get('web')?.servers.get(`ecs:worker:10.0.0.${last}:80`)
  if (server === undefined) throw new Error('there is no such server')
  return server
}

describe('a socket', () => {
  it('that does not exist, or that nobody listens on, is said so, with what to do', async () => {
    const path = join(await temporary(), 'admin.sock')
    await expect(haproxyRuntime({ address: path }).read(signal)).rejects.toThrow(
      `HAProxy at ${path}: no connection (ENOENT): start HAProxy, with this address as \`stats socket`,
    )
    const port = await freePort()
    await expect(haproxyRuntime({ address: `127.0.0.1:${port}` }).read(signal)).rejects.toThrow(
      'ECONNREFUSED',
    )
  })

  it('may be a path', async () => {
    const haproxy = await started(join(await temporary(), 'admin.sock'))
    await chmod(haproxy.address, 0o600)
    await reconciled(sinkOf(haproxy), web(1))
    expect(namesIn(haproxy)).toEqual(['ecs:worker:10.0.0.1:80'])
  })

  it.each<[string, Interception, string]>([
    ['does not answer', { _tag: 'Silence' }, 'no answer within 50 ms: check its load, and `maxconn`'],
    ['closes without an answer', { _tag: 'End' }, 'it closed the connection without an answer'],
    [
      'answers without an end',
      { _tag: 'Answer', text: 'x'.repeat(5000) },
      'more than 4096 bytes in one answer',
    ],
    [
      'answers something else',
      { _tag: 'Answer', text: 'HTTP/1.1 400\n\n' },
      'Use a stats socket with `level admin`',
    ],
    ['is cut off', { _tag: 'Answer', text: '1\n# be_name\n3 web' }, 'it ends in the middle'],
  ])('that %s is an error', async (_, interception, message) => {
    const haproxy = await started()
    haproxy.intercept = () => interception
    await expect(sinkOf(haproxy, { timeoutMs: 50, maxAnswerBytes: 4096 }).read(signal)).rejects.toThrow(
      message,
    )
  })

  it('is let go of when the worker gives up', async () => {
    const haproxy = await started()
    haproxy.intercept = () => ({ _tag: 'Silence' })
    const abort = new AbortController()
    const read = sinkOf(haproxy).read(abort.signal)
    abort.abort()
    await expect(read).rejects.toThrow('aborted')
  })
})

describe('a change', () => {
  it('of a backend that is missing, cannot take servers, or has an impossible name blocks no other', async () => {
    const haproxy = await started()
    const names = ['api', 'nothing', 'shop/web', 'source', 'web']
    const outcomes = await reconciled(
      sinkOf(haproxy),
      backendsOf(names.map((name) => backendOf(name, [at(1)]))),
    )
    const reasons = outcomes.flatMap((one) => (one._tag === 'Rejected' ? [`${one.key}: ${one.reason}`] : []))
    expect(reasons.sort()).toEqual([
      expect.stringContaining('nothing: HAProxy has no backend "nothing". Add `backend nothing`'),
      expect.stringContaining('shop/web: no backend of HAProxy can be called "shop/web"'),
      expect.stringContaining('source: the backend "source" of HAProxy balances in a way'),
    ])
    expect(haproxy.commands.filter((command) => command.includes('shop'))).toEqual([])
    expect([namesIn(haproxy), namesIn(haproxy, 'api')].map(({ length }) => length)).toEqual([1, 1])
  })

  it('never puts what is no address, or no name, into a command', async () => {
    const haproxy = await started()
    const after = { servers: [{ host: '1;shutdown', port: 1, weight: 1 }], leaving: [] }
    const outcomes = await sinkOf(haproxy).apply(
      [
        { _tag: 'Create', key: 'web', after },
        { _tag: 'Create', key: 'web\nshutdown', after: { servers: [], leaving: [] } },
      ],
      'worker',
      signal,
    )
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(['Rejected', 'Rejected'])
    expect(haproxy.commands).toEqual([])
  })

  it('takes away what stops, even if something cannot be added', async () => {
    const haproxy = await started()
    const sink = sinkOf(haproxy)
    await reconciled(sink, web(1))
    haproxy.intercept = (command) =>
      command.startsWith('add server') ? { _tag: 'Answer', text: 'out of memory\n\n' } : undefined
    const [outcome] = await reconciled(sink, web(2))
    expect(outcome).toMatchObject({ _tag: 'Rejected', key: 'web' })
    expect(namesIn(haproxy)).toEqual([])
  })

  it('takes nothing away once another worker has deleted what was to take its place', async () => {
    const haproxy = await started()
    const sink = sinkOf(haproxy)
    await reconciled(sink, web(1))
    haproxy.intercept = (command) => {
      if (command.startsWith('set server web/ecs:worker:10.0.0.2:80 '))
        haproxy.haproxy.execute('del server web/ecs:worker:10.0.0.2:80')
      return undefined
    }
    const [outcome] = await reconciled(sink, web(2))
    expect(outcome).toMatchObject({ _tag: 'Conflict', found: 'unread' })
    expect(serverIn(haproxy, 1).admin).toBe(0)
  })

  it('that a reload overtakes is a conflict, and right after the next read', async () => {
    const haproxy = await started()
    const sink = sinkOf(haproxy)
    haproxy.intercept = (command) => {
      if (command.startsWith('set server')) haproxy.haproxy.reload()
      return undefined
    }
    const [outcome] = await reconciled(sink, web(1))
    expect(outcome).toMatchObject({ _tag: 'Conflict', found: 'unread' })
    haproxy.intercept = () => undefined
    await reconciled(sink, web(1))
    expect(serverIn(haproxy, 1).admin).toBe(0)
  })
})

describe('a server with connections', () => {
  it('gets no new ones, is not wanted again, and is deleted by a read once it has none', async () => {
    const haproxy = await started()
    const sink = sinkOf(haproxy)
    await reconciled(sink, web(1, 2))
    serverIn(haproxy, 1).connections = 1
    const [outcome] = await reconciled(sink, web(2))
    expect(outcome).toMatchObject({ _tag: 'Done' })
    expect(serverIn(haproxy, 1).admin).toBe(1)
    // It is nothing to plan with.
    expect(await reconciled(sink, web(2))).toEqual([])
    expect(namesIn(haproxy)).toHaveLength(2)
    serverIn(haproxy, 1).connections = 0
    await sink.read(signal)
    expect(namesIn(haproxy)).toEqual(['ecs:worker:10.0.0.2:80'])
  })

  it('loses them after `drainMs`', async () => {
    const haproxy = await started()
    const sink = sinkOf(haproxy, { drainMs: 60_000 })
    await reconciled(sink, web(1, 2))
    const server = serverIn(haproxy, 1)
    server.connections = 1
    await reconciled(sink, web(2))
    server.unchangedFor = 59
    await sink.read(signal)
    expect(server.connections).toBe(1)
    server.unchangedFor = 60
    await sink.read(signal)
    expect(namesIn(haproxy)).toEqual(['ecs:worker:10.0.0.2:80'])
  })

  it('is used again if a task has its address before that', async () => {
    const haproxy = await started()
    const sink = sinkOf(haproxy)
    await reconciled(sink, web(1, 2))
    serverIn(haproxy, 1).connections = 1
    await reconciled(sink, web(2))
    await reconciled(sink, web(1, 2))
    expect(serverIn(haproxy, 1)).toMatchObject({ admin: 0, connections: 1 })
    await sink.read(signal)
    expect(namesIn(haproxy)).toHaveLength(2)
  })

  it('is taken over from a process that has ended', async () => {
    const haproxy = await started()
    const before = sinkOf(haproxy)
    await reconciled(before, web(1, 2))
    serverIn(haproxy, 1).connections = 1
    await reconciled(before, web(2))
    const after = sinkOf(haproxy)
    expect(await reconciled(after, web(2))).toMatchObject([{ _tag: 'Done' }])
    expect(await reconciled(after, web(2))).toEqual([])
    serverIn(haproxy, 1).connections = 0
    await after.read(signal)
    expect(namesIn(haproxy)).toEqual(['ecs:worker:10.0.0.2:80'])
  })
})

it('a backend with servers of two owners is a warning, with what to do', async () => {
  const haproxy = await started()
  const sink = sinkOf(haproxy)
  await reconciled(sink, web(1))
  haproxy.haproxy.execute('add server web/ecs:other:10.0.0.9:80 10.0.0.9:80')
  await sink.read(signal)
  expect(sink.warnings?.()).toEqual([
    'the backend "web" of HAProxy has servers of other and of worker: give each worker a prefix of its own, and delete the servers of the others',
  ])
})

it('workers with prefixes of their own share a backend, and do not see each other', async () => {
  const haproxy = await started()
  await reconciled(sinkOf(haproxy), web(1), true, 'one')
  await reconciled(sinkOf(haproxy, { prefix: 'b' }), web(1), true, 'two')
  await reconciled(sinkOf(haproxy), web(), true, 'one')
  expect(namesIn(haproxy)).toEqual(['b:two:10.0.0.1:80', 'ecs:one:none'])
})

it('a reload is noticed, and an answer that fails is none', async () => {
  const haproxy = await started()
  const state$ = new Subject<never>()
  const reread = vi.fn(() => Promise.resolve())
  followReloads({ reread, state$ }, { address: haproxy.address, everyMs: 50 })
  const asked = (more: number) => {
    const before = haproxy.commands.length
    return expect.poll(() => haproxy.commands.length).toBeGreaterThan(before + more)
  }
  await asked(2)
  haproxy.intercept = () => ({ _tag: 'Answer', text: 'Permission denied\n' })
  await asked(2)
  haproxy.intercept = () => undefined
  await asked(2)
  expect(reread).not.toHaveBeenCalled()
  haproxy.haproxy.reload()
  await expect.poll(() => reread.mock.calls.length).toBe(1)
  state$.complete()
})
