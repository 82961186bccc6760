import type { Delivery, Notice } from 'ecs-task-stream'
import {
  eventBridgeWebhook,
  type EventBridgeWebhookOptions,
} from 'ecs-task-stream/sources/event-bridge-webhook'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ecsEvent } from '../support/ecs-event-builder.js'
import { followed, type Listening, listening, requested } from '../support/followed.js'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.js'

let clock: VirtualClock
const open: Listening[] = []
beforeEach(() => {
  clock = virtualClock()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()))
})

const serving = async (
  options: Partial<EventBridgeWebhookOptions> = {},
  take?: (delivery: Delivery) => void,
): Promise<{
  readonly url: string
  readonly deliveries: readonly Delivery[]
  readonly notices: readonly Notice[]
  readonly post: (
    body: string,
    headers?: Readonly<Record<string, string | string[]>>,
  ) => ReturnType<typeof requested>
}> => {
  const source = eventBridgeWebhook({ secrets: ['a-secret'], clock, ...options })
  const server = await listening(source.listener)
  open.push(server)
  const { deliveries, notices } = followed(source, take)
  const post = (
    body: string,
    headers: Readonly<Record<string, string | string[]>> = { 'x-api-key': 'a-secret' },
  ) =>
    requested(server.url, {
      body,
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    })
  return { url: server.url, deliveries, notices, post }
}

const event = (changes: Readonly<Record<string, unknown>> = {}): string => JSON.stringify(ecsEvent(changes))

describe('an event of an API destination', () => {
  it('is delivered, and answered 200 when it is acknowledged', async () => {
    const { post, deliveries } = await serving()
    expect(await post(event({ version: 9 }))).toEqual({ status: 200, text: 'applied' })
    expect(deliveries).toMatchObject([{ events: [{ _tag: 'TaskChanged', task: { version: 9 } }] }])
  })

  it('that is not settled within four seconds is answered 503, before EventBridge gives up at five', async () => {
    const { post, deliveries } = await serving({}, () => undefined)
    const answer = post(event())
    await vi.waitUntil(() => deliveries.length === 1)
    await clock.advance(4_000)
    expect(await answer).toMatchObject({ status: 503 })
  })

  it('that comes again after its time was up joins the first, which costs one place however often it comes', async () => {
    const { post, deliveries } = await serving({ maxInFlight: 2 }, () => undefined)
    for (let i = 0; i < 3; i++) {
      const answer = post(event())
      await vi.waitUntil(() => clock.sleeping === 1 && deliveries.length === 1)
      await clock.advance(4_000)
      expect((await answer).status).toBe(503)
    }
    expect(deliveries).toHaveLength(1)
    deliveries[0]?.ack()
    const duplicate = post(event())
    await vi.waitUntil(() => deliveries.length === 2)
    deliveries[1]?.ack()
    expect((await duplicate).status).toBe(200)
  })

  it('of another kind gets 200 and is counted; a body that is not an event gets 400 and is reported by its id', async () => {
    const { post, notices } = await serving()
    expect((await post('{"source":"aws.ec2","detail-type":"x"}')).status).toBe(200)
    expect((await post('{"id":"transformed","detail":{}}')).status).toBe(400)
    expect((await post('{')).status).toBe(400)
    expect(notices).toMatchObject([
      { _tag: 'Ignored', kind: 'aws.ec2/x' },
      { _tag: 'Undecodable', id: 'transformed' },
      { _tag: 'Undecodable', id: 'unknown' },
    ])
  })

  it('is answered 413 beyond a megabyte', async () => {
    const { post } = await serving()
    expect((await post('x'.repeat(1_048_577))).status).toBe(413)
    expect((await post(' '.repeat(1_000_000) + event())).status).toBe(200)
  })

  it('is answered 400 when a decoder of yours throws', async () => {
    const { post, notices } = await serving({
      decode: () => {
        throw new Error('a bug')
      },
    })
    expect((await post(event())).status).toBe(400)
    expect(notices).toMatchObject([{ _tag: 'Undecodable', reason: 'not an ECS event: Error: a bug' }])
  })
})

describe('the secret', () => {
  it('may be one of several while it is changed, in the header that you name', async () => {
    const { post } = await serving({ secrets: ['old', 'new'], secretHeader: 'X-Events-Token' })
    expect((await post(event(), { 'x-events-token': 'old' })).status).toBe(200)
    expect((await post(event(), { 'X-EVENTS-TOKEN': 'new' })).status).toBe(200)
    expect((await post(event(), { 'x-api-key': 'new' })).status).toBe(401)
  })

  it.each([[''], ['a-secre'], ['a-secret-'], ['A-SECRET'], ['a-secret, a-secret'], ['\u00e4'.repeat(500)]])(
    'is not %j: that is answered 401, which EventBridge tries again, and never listened to',
    async (given) => {
      const { post, deliveries, notices } = await serving()
      expect(await post(event(), { 'x-api-key': given })).toEqual({
        status: 401,
        text: 'the header x-api-key does not contain a valid secret',
      })
      expect(deliveries).toEqual([])
      expect(notices).toEqual([
        { _tag: 'Warning', message: 'answered 401: the header x-api-key does not contain a valid secret' },
      ])
    },
  )

  it('must be in the request exactly once', async () => {
    const { url, post } = await serving()
    const absent = await fetch(url, { method: 'POST', body: event() })
    expect([absent.status, absent.headers.get('www-authenticate')]).toEqual([401, 'ApiKey'])
    expect((await post(event(), { 'x-api-key': ['a-secret', 'a-secret'] })).status).toBe(400)
    expect((await requested(url, { method: 'GET', headers: { 'x-api-key': 'a-secret' } })).status).toBe(405)
  })

  it('is a required option, and must not be empty', () => {
    expect(() => eventBridgeWebhook({ secrets: [] })).toThrow(/secrets: expected one or more/)
    expect(() => eventBridgeWebhook({ secrets: ['a'], secretHeader: 'no header' })).toThrow(
      /secretHeader: expected the name of a header/,
    )
    expect(() => eventBridgeWebhook({ secrets: ['a', ''] })).toThrow(/non-empty secrets/)
  })
})
