import { once } from 'node:events'
import { connect } from 'node:net'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Report, run, servicePorts, type Worker } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { webhookServer } from 'ecs-task-stream/worker'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../src/shared/async/system-clock.js'
import { inspectedWorker } from '../../src/worker/inspector/inspected-worker.js'
import type { InspectorAccess } from '../../src/worker/inspector/inspector-access.js'
import { inspectorRoutes } from '../../src/worker/inspector/inspector-routes.js'
import { mostListeners } from '../../src/worker/inspector/overview-streams.js'
import { readPage } from '../../src/worker/inspector/page.js'
import { memoryJournal, type MemoryLog, memoryLog } from '../../src/journal/memory.js'
import { requested } from '../support/followed.js'
import { observed } from '../support/observed-task.js'
import { serverSentEvents } from '../support/server-sent-events.js'
import { temporaryDirectories } from '../support/temporary-directory.js'

interface Served {
  readonly url: string
  readonly worker: Worker
  readonly source: ReturnType<typeof memorySource>
  readonly close: () => Promise<void>
  readonly get: (
    path: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<{ readonly status: number; readonly body: unknown; readonly headers: Headers }>
}

const temporaryDirectory = temporaryDirectories()

const containing = (text: string): unknown => expect.stringContaining(text)

const token = 'a-long-random-text'

const serving = async (
  access: Exclude<InspectorAccess, { readonly _tag: 'Nobody' }> = { _tag: 'Everybody', isLocal: true },
  directory?: string,
  log?: MemoryLog,
): Promise<Served> => {
  const source = memorySource()
  const sink = memorySink()
  const worker = run({ expose: servicePorts(), sources: [source], sinks: [sink], minWriteIntervalMs: 0 })
  const ended = new AbortController()
  const inspector = inspectedWorker(worker, {
    worker: 'memory',
    version: '1.2.3',
    sources: [source],
    sinks: [sink],
    past: log && memoryJournal({ log }),
    clock: systemClock,
    signal: ended.signal,
  })
  const server = await webhookServer({
    listen: { host: '127.0.0.1', port: 0 },
    routes: [inspectorRoutes({ inspector, access, page: await readPage(directory), clock: systemClock })],
    closeWithinMs: 600_000,
  })
  const close = async (): Promise<void> => {
    await worker.stop()
    ended.abort()
    await server.close()
  }
  onTestFinished(close)
  const get: Served['get'] = async (path, headers = {}) => {
    const answer = await fetch(`${server.url}${path}`, { headers })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json') === true
    return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: answer.headers }
  }
  return { url: server.url, worker, source, close, get }
}

const change = (id: string, port: number, service = 'web') =>
  ({ _tag: 'TaskChanged', task: observed({ id, port, service, at: 1_000_000 }) }) as const

const applied = async ({ worker }: Served, push: () => unknown): Promise<void> => {
  const done = new Promise<void>((resolve) => {
    worker.reports$.subscribe((report: Report) => {
      if (report._tag === 'Synced') resolve()
    })
  })
  push()
  await done
}

describe('the inspector over HTTP', () => {
  it('answers with the overview, tables and explanations of a running worker', async () => {
    const served = await serving()
    await applied(served, () => void served.source.push(change('t1', 1001)))
    expect((await served.get('/state')).body).toMatchObject({
      worker: 'memory',
      version: '1.2.3',
      counts: { backends: 1, endpoints: 1, tasks: 1 },
      targets: [{ target: 'memory', state: 'exact' }],
    })
    expect((await served.get('/state/tasks?count=10')).body).toMatchObject({
      total: 1,
      rows: [{ group: 'service:web', routed: true }],
    })
    expect((await served.get('/state/backends?filter=WE')).body).toMatchObject({
      rows: [{ backend: 'web', endpoints: 1, targets: [{ target: 'memory', held: 1, wanted: 1 }] }],
    })
    expect((await served.get(`/explain/${encodeURIComponent('10.0.0.1:1001')}`)).body).toMatchObject({
      subjects: [{ _tag: 'Task', group: 'service:web' }],
    })
    const arn = observed({ id: 't1' }).arn
    expect((await served.get(`/explain/${encodeURIComponent(arn)}`)).body).toMatchObject({
      subjects: [{ _tag: 'Task', task: arn }],
    })
  })

  it('answers for a time before, from the journal', async () => {
    const log = memoryLog()
    const told = (at: number, id: string, port: number): void => {
      log.entries.push({ amends: false, entry: { at, source: 'sqs', events: [change(id, port)] } })
    }
    told(1_700_000_000_000, 't1', 1001)
    told(1_700_000_060_000, 't2', 1002)
    const served = await serving(undefined, undefined, log)
    await applied(served, () => void served.source.push(change('t3', 1003)))
    await vi.waitFor(async () =>
      expect((await served.get('/state')).body).toMatchObject({
        counts: { endpoints: 1 },
        journal: { from: 1_700_000_000_000 },
      }),
    )
    const at = 'at=1700000030000'
    expect((await served.get(`/state?${at}`)).body).toMatchObject({
      at: 1_700_000_030_000,
      counts: { endpoints: 1, tasks: 1 },
      journal: { from: 1_700_000_000_000 },
    })
    expect((await served.get(`/state/tasks?${at}`)).body).toMatchObject({
      total: 1,
      rows: [{ lastStatus: 'RUNNING' }],
    })
    expect((await served.get(`/explain/10.0.0.1%3A1001?${at}`)).body).toMatchObject({
      subjects: [{ _tag: 'Task' }],
    })
    expect((await served.get(`/explain/10.0.0.1%3A1002?${at}`)).body).toMatchObject({ subjects: [] })
    expect(await served.get('/state?at=1600000000000')).toMatchObject({
      status: 400,
      body: { error: containing('the journal begins at 2023-11-14T22:13:20.000Z') },
    })
    expect(await served.get('/state?at=9000000000000')).toMatchObject({
      status: 400,
      body: { error: 'at: expected a time that is over' },
    })
  })

  it.each([
    ['/state/nothing', 'table: expected one of backends, endpoints'],
    ['/state/tasks?count=201', 'count: expected an integer from 0 to 200, got 201'],
    ['/state/tasks?count=-1', 'count: expected an integer from 0'],
    ['/state/tasks?from=1.5', 'from: expected an integer from 0'],
    ['/state/tasks?from=1&from=2', 'from: expected one value, got 2'],
    [`/state/tasks?filter=${'a'.repeat(501)}`, 'filter: expected at most 500 characters, got 501'],
    [`/explain/${'a'.repeat(501)}`, 'question: expected at most 500 characters, got 501'],
    ['/explain/', 'question: expected a task'],
    ['/explain/web?at=yesterday', 'at: expected an ISO 8601 time'],
    ['/explain/web?at=2026-01-01T00:00:00Z', 'at: this worker cannot show the past'],
  ])('refuses %s, and says what it expected', async (path, error) => {
    const { get } = await serving()
    expect(await get(path)).toMatchObject({ status: 400, body: { error: containing(error) } })
  })

  it('shows a page without the files of one, and forbids it everything of others', async () => {
    const { get } = await serving()
    const { status, body, headers } = await get('/')
    expect(status).toBe(200)
    expect(body).toContain('href="/state"')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
  })

  it('serves the files of the page and nothing else of its directory', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'assets'))
    await writeFile(join(directory, 'index.html'), '<title>page</title>')
    await writeFile(join(directory, 'assets/page-1a2b3c4d.js'), 'let a')
    await writeFile(join(directory, 'assets/page-1a2b3c4d.js.map'), '{}')
    const { get } = await serving({ _tag: 'Token', secrets: [token] }, directory)
    expect((await get('/')).body).toBe('<title>page</title>')
    const script = await get('/assets/page-1a2b3c4d.js')
    expect(script).toMatchObject({ status: 200, body: 'let a' })
    expect(script.headers.get('cache-control')).toContain('immutable')
    expect((await get('/assets/page-1a2b3c4d.js.map')).status).toBe(404)
    expect((await get('/../package.json')).status).toBe(404)
  })
})

describe('who may ask the inspector', () => {
  const paths = ['/state', '/state/tasks', '/state/changes', '/explain/web']

  it.each(paths)('needs the token for %s', async (path) => {
    const { get } = await serving({ _tag: 'Token', secrets: ['another', token] })
    const refused = { status: 401, body: { error: containing('Bearer') } }
    expect(await get(path)).toMatchObject(refused)
    expect(await get(path, { authorization: 'Bearer wrong' })).toMatchObject(refused)
    expect(await get(path, { authorization: `Basic ${token}` })).toMatchObject(refused)
    expect(await get(`${path}?token=${token}`)).toMatchObject(refused)
  })

  it('lets in who has it', async () => {
    const { get } = await serving({ _tag: 'Token', secrets: ['another', token] })
    for (const path of ['/state', '/state/tasks', '/explain/web'])
      expect((await get(path, { authorization: `Bearer ${token}` })).status).toBe(200)
  })

  it('refuses pages of other sites, and foreign names of this machine', async () => {
    const { url, get } = await serving()
    expect((await get('/state', { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await get('/state', { origin: 'http://evil.example' })).status).toBe(403)
    expect((await get('/state', { origin: url })).status).toBe(200)
    const renamed = { method: 'GET', headers: { host: 'rebound.example:8080' } }
    expect((await requested(`${url}/state`, renamed)).status).toBe(403)
    expect((await requested(`${url}/`, renamed)).status).toBe(403)
    const local = { method: 'GET', headers: { host: 'localhost:8080' } }
    expect((await requested(`${url}/state`, local)).status).toBe(200)
  })
})

describe('the stream of overviews', () => {
  it('sends one at once, and one after a change', async () => {
    const served = await serving()
    const stream = await serverSentEvents(`${served.url}/state/changes`)
    expect(stream).toMatchObject({ status: 200, type: 'text/event-stream; charset=utf-8' })
    const tasks = (): number | undefined =>
      (JSON.parse(stream.events.at(-1)?.data ?? '{}') as { counts?: { tasks: number } }).counts?.tasks
    await stream.until(() => tasks() === 0)
    void served.source.push(change('t1', 1001))
    await stream.until(() => tasks() === 1)
    expect(stream.events.every(({ event }) => event === 'overview')).toBe(true)
  })

  it('ends when the worker stops, although it is open and another is not read', async () => {
    const served = await serving()
    const stream = await serverSentEvents(`${served.url}/state/changes`)
    await stream.until(() => stream.events.length > 0)
    const { port } = new URL(served.url)
    const silent = connect(Number(port), '127.0.0.1')
    onTestFinished(() => void silent.destroy())
    await once(silent, 'connect')
    silent.write('GET /state/changes HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await served.get('/state')
    // It would wait for ten minutes otherwise, longer than the test may take.
    await served.close()
    await stream.over
  })

  it('has room for some listeners, and for others when these leave', async () => {
    const { url, get } = await serving()
    const streams = []
    for (let i = 0; i < mostListeners; i++) streams.push(await serverSentEvents(`${url}/state/changes`))
    expect(await get('/state/changes')).toMatchObject({ status: 503 })
    await streams[0]?.close()
    await vi.waitFor(async () => {
      const one = await serverSentEvents(`${url}/state/changes`)
      const { status } = one
      await one.close()
      expect(status).toBe(200)
    })
    await Promise.all(streams.map((stream) => stream.close()))
  })
})
