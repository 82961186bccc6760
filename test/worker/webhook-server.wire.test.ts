import { once } from 'node:events'
import { connect } from 'node:net'
import { Registry } from 'prom-client'
import type { Delivery } from 'ecs-task-stream'
import { eventBridgeWebhook } from 'ecs-task-stream/sources/event-bridge-webhook'
import { statusRoutes, webhookRoutes, webhookServer, type WebhookServer } from 'ecs-task-stream/worker'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ecsEvent } from '../support/ecs-event-builder.js'
import { followed } from '../support/followed.js'

const open: WebhookServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

const serving = async (take?: (delivery: Delivery) => void) => {
  const source = eventBridgeWebhook({ secrets: ['a-secret'] })
  const server = await webhookServer({
    listen: { host: '127.0.0.1', port: 0 },
    routes: [
      webhookRoutes({ '/events': source.listener }),
      statusRoutes({ readiness: () => ({ ready: true, reasons: [] }), metrics: new Registry() }),
    ],
  })
  open.push(server)
  const post = (path: string) =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': 'a-secret', 'content-type': 'application/json' },
      body: JSON.stringify(ecsEvent()),
    })
  return { server, post, following: followed(source, take) }
}

describe('the webhook server', () => {
  it('hands requests to the webhook of their path, body and all, and serves the status beside it', async () => {
    const { server, post, following } = await serving()
    expect((await post('/events')).status).toBe(200)
    expect((await post('/events?a=b')).status).toBe(200)
    expect(following.deliveries).toHaveLength(2)
    expect((await post('/other')).status).toBe(404)
    expect((await fetch(`${server.url}/events`)).status).toBe(405)
    expect(await (await fetch(`${server.url}/health`)).text()).toBe('Healthy')
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)
  })

  it('gives the answers that are due before it closes, and lets go of connections that are kept alive', async () => {
    const { server, post, following } = await serving(() => undefined)
    const answer = post('/events')
    await vi.waitUntil(() => following.deliveries.length === 1)
    let closed = false
    const closing = server.close().then(() => (closed = true))
    following.stop()
    await expect(fetch(`${server.url}/health`)).rejects.toThrow()
    expect(closed).toBe(false)
    following.deliveries[0]?.ack()
    expect((await answer).status).toBe(200)
    await closing
    open.pop()
  })

  it('does not wait longer than it is configured to', async () => {
    const source = eventBridgeWebhook({ secrets: ['a-secret'], answerWithinMs: 60_000 })
    const server = await webhookServer({
      listen: { host: '127.0.0.1', port: 0 },
      routes: [webhookRoutes({ '/events': source.listener })],
      closeWithinMs: 20,
    })
    const { deliveries } = followed(source, () => undefined)
    const answer = fetch(`${server.url}/events`, {
      method: 'POST',
      headers: { 'x-api-key': 'a-secret' },
      body: JSON.stringify(ecsEvent()),
    })
    answer.catch(() => undefined)
    await vi.waitUntil(() => deliveries.length === 1)
    await server.close()
    await expect(answer).rejects.toThrow()
  })

  it('cuts off who sends its headers too slowly', async () => {
    const { server } = await serving()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('POST /events HTTP/1.1\r\nhost: a\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect(answer.toString()).toMatch(/^HTTP\/1.1 408 /)
    await once(socket, 'close')
  })

  it('rejects when its port is taken', async () => {
    const { server } = await serving()
    const listen = { host: '127.0.0.1', port: Number(new URL(server.url).port) }
    await expect(webhookServer({ listen, routes: [] })).rejects.toThrow(/EADDRINUSE/)
  })
})
