import { sourceContext } from 'ecs-task-stream/testing'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BehaviorSubject } from 'rxjs'
import { emptyState } from 'ecs-task-stream'
import { eventBridgeWebhook } from 'ecs-task-stream/sources/event-bridge-webhook'
import { snsWebhook, type Webhook, type WebhookListener } from 'ecs-task-stream/sources/sns-webhook'
import { snsHttp } from '../sim/sns/sns-http.js'
import { record } from './whole-path.js'
import { type Effort, fullEffort } from './effort.js'
import { quantile, spread } from './spread.js'
import { against, each, heading, race, table } from './stopwatch.js'

const REQUESTS = 2_000
const CONNECTIONS = 32
const ROUNDS = 5

interface Site {
  readonly name: string
  readonly port: number
  readonly bodies: readonly string[]
  /** Milliseconds from request to answer. */
  readonly latencies: number[]
  close(): void
}

/** The least that any handler does: it reads the body, and answers 200. */
const nothing: WebhookListener = (incoming, response) => {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    Buffer.concat(chunks).toString()
    response.end('applied')
  })
}

/** Acknowledges everything at once: what is measured is the webhook, not a sink. */
const acknowledging = (webhook: Webhook): WebhookListener => {
  webhook.deliveries(sourceContext(new BehaviorSubject(emptyState))).subscribe((output) => {
    if (output._tag === 'Delivery') output.ack()
  })
  return webhook.listener
}

const site = async (name: string, listener: WebhookListener, bodies: readonly string[]): Promise<Site> => {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    name,
    port: (server.address() as AddressInfo).port,
    bodies,
    latencies: [],
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const post = (agent: Agent, { port, latencies }: Site, body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const start = performance.now()
    const outgoing = request({
      agent,
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'x-api-key': 'a-secret', 'content-length': Buffer.byteLength(body) },
    })
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      response.resume().on('end', () => {
        latencies.push(performance.now() - start)
        if (response.statusCode === 200) resolve()
        else reject(new Error(`answered ${String(response.statusCode)}`))
      })
    })
    outgoing.end(body)
  })

/** All of it, over connections that are kept alive; each sends its next request when it has its answer. */
const drive = async (agent: Agent, to: Site, requests: number): Promise<void> => {
  let next = 0
  const connection = async (): Promise<void> => {
    while (next < requests) await post(agent, to, to.bodies[next++ % to.bodies.length]!)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
}

/**
 * Webhooks against a handler that does nothing, on the same server with the same requests; client and server share
 * the process.
 */
export const benchWebhook = async (effort: Effort = fullEffort): Promise<void> => {
  const requests = effort.pick(REQUESTS, 200)
  const events = record().bodies.slice(0, 500)
  const sns = await snsHttp({ signatureVersion: '2' })
  const signed = events.map((event) => JSON.stringify(sns.notification(event)))
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const sites = [
    await site('a handler that does nothing', nothing, signed),
    await site(
      'eventBridgeWebhook',
      acknowledging(eventBridgeWebhook({ secrets: ['a-secret', 'another'] })),
      events,
    ),
    await site(
      'snsWebhook, verified',
      acknowledging(snsWebhook({ topics: [sns.topicArn], fetch: sns.fetch })),
      signed,
    ),
    await site(
      'snsWebhook, not verified',
      acknowledging(snsWebhook({ topics: [sns.topicArn], verify: 'off' })),
      signed,
    ),
  ]
  heading(`Webhooks: ${requests} requests over ${CONNECTIONS} connections, client included`)
  const timings = await race(
    sites.map((to) => ({ name: to.name, run: () => drive(agent, to, requests) })),
    effort.rounds(ROUNDS),
  )
  const base = timings[0]?.wall ?? []
  table(
    timings.map(({ name, wall }, i) => {
      const latencies = sites[i]?.latencies ?? []
      const perSecond = wall.map((ms) => (requests * 1_000) / ms)
      const at = (q: number): string => `${quantile(latencies, q).toFixed(2)} ms`
      return [
        name,
        `${each(wall, requests)} a request, ${spread(perSecond, (value) => String(Math.round(value)))} a second, p50 ${at(0.5)}, p99 ${at(0.99)} = ${against(wall, base)}`,
      ]
    }),
  )
  agent.destroy()
  for (const to of sites) to.close()
  await sns.close()
}
