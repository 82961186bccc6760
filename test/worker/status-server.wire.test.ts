import type { Report } from 'ecs-task-stream'
import { readinessOf, statusServer, type StatusServer } from 'ecs-task-stream/worker'
import { Counter, Registry } from 'prom-client'
import { afterEach, describe, expect, it } from 'vitest'
import { virtualClock } from '../support/virtual-clock.js'
import { folded, reporting, settled, sinkFailed } from './reports.js'

const open: StatusServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

const serving = async () => {
  const by = reporting()
  const clock = virtualClock()
  let becomeReady: () => void = () => undefined
  const ready = new Promise<void>((resolve) => (becomeReady = resolve))
  const sinks = [{ name: 'table' }, { name: 'prints', required: false }, { name: 'dry', dry: true }]
  const metrics = new Registry()
  new Counter({ name: 'some_total', help: 'Some.', registers: [metrics] }).inc(3)
  const server = await statusServer({
    listen: { host: '127.0.0.1', port: 0 },
    readiness: readinessOf({ reports$: by.reports$, ready }, sinks, clock),
    metrics,
  })
  open.push(server)
  const get = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`)
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() }
  }
  return { ...by, clock, get, becomeReady, server }
}

describe('the status server', () => {
  it('answers /health while the process lives', async () => {
    const { get } = await serving()
    expect(await get('/health')).toMatchObject({ status: 200, body: 'Healthy' })
  })

  it('answers /metrics in the text format of Prometheus', async () => {
    const { get } = await serving()
    const answer = await get('/metrics')
    expect(answer.status).toBe(200)
    expect(answer.type).toContain('text/plain; version=0.0.4')
    expect(answer.body).toContain('some_total 3')
  })

  it('is not ready, with reasons, before a complete state has reached the sinks', async () => {
    const { get, becomeReady, report } = await serving()
    report(sinkFailed('table', Object.assign(new Error('no'), { name: 'AccessDenied' })))
    const before = await get('/ready')
    expect(before.status).toBe(503)
    expect(JSON.parse(before.body)).toEqual({
      ready: false,
      reasons: [
        'no complete state has reached the sinks yet, 0 s after the start',
        'sink table: apply failed: no (grant the action to the role; docs/iam.md lists the IAM policy of each part), for 0 s',
      ],
    })
    becomeReady()
    expect(await get('/ready')).toMatchObject({ status: 200, body: '{"ready":true,"reasons":[]}' })
  })

  it('says of each reason how old it is, counted from when it began', async () => {
    const { get, report, clock } = await serving()
    const failed = (message: string): Report => ({
      _tag: 'Noticed',
      source: 'sqs',
      notice: { _tag: 'SourceFailed', operation: 'ReceiveMessage', error: new Error(message), retryIn: 1 },
    })
    const reasons = async () => (JSON.parse((await get('/ready')).body) as { reasons: unknown }).reasons
    report(failed('one'), sinkFailed('table', new Error('no')))
    await clock.advance(90_000)
    report(failed('two'), sinkFailed('table', new Error('never')))
    await clock.advance(1_000)
    expect(await reasons()).toEqual([
      'no complete state has reached the sinks yet, 91 s after the start',
      'sink table: apply failed: never, for 91 s',
      'source sqs: ReceiveMessage failed: two, for 91 s',
    ])
    const answered = { _tag: 'Answered', operation: 'ReceiveMessage' } as const
    report({ _tag: 'Noticed', source: 'sqs', notice: answered })
    expect(await reasons()).toHaveLength(2)
  })

  it('is not ready while a required sink stands still behind the newest revision, and again when it moves', async () => {
    const { get, becomeReady, report, clock } = await serving()
    becomeReady()
    report(folded(1), settled('table', 1))
    await clock.advance(3_600_000)
    expect((await get('/ready')).status).toBe(200)
    report(folded(2))
    await clock.advance(59_999)
    report(folded(3))
    expect((await get('/ready')).status).toBe(200)
    await clock.advance(1)
    report(sinkFailed('table', new Error('no')))
    expect(await get('/ready')).toMatchObject({
      status: 503,
      body: expect.stringContaining(
        'sink table has made no progress for more than 60 s: apply failed: no, for 0 s',
      ) as string,
    })
    report(settled('table', 2))
    expect((await get('/ready')).status).toBe(200)
    report(settled('table', 3))
    await clock.advance(3_600_000)
    expect((await get('/ready')).status).toBe(200)
  })

  it('is ready or not whatever the clock of the machine says, and leaves no timer behind', async () => {
    const { get, becomeReady, report, reports$, clock } = await serving()
    becomeReady()
    report(folded(1))
    expect(clock.sleeping).toBe(1)
    await clock.advance(60_000)
    expect((await get('/ready')).status).toBe(503)
    report(settled('table', 1), folded(2))
    expect((await get('/ready')).status).toBe(200)
    reports$.complete()
    expect(clock.sleeping).toBe(0)
    await clock.advance(3_600_000)
    expect((await get('/ready')).status).toBe(200)
  })

  it('knows nothing else', async () => {
    const { get } = await serving()
    expect((await get('/')).status).toBe(404)
  })

  it('rejects when its port is taken, and lets go of it when it is closed', async () => {
    const { server } = await serving()
    const listen = { host: '127.0.0.1', port: Number(new URL(server.url).port) }
    const again = () =>
      statusServer({ listen, readiness: () => ({ ready: true, reasons: [] }), metrics: new Registry() })
    await expect(again()).rejects.toThrow(/EADDRINUSE/)
    await server.close()
    open.push(await again())
  })
})
