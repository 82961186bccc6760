import type { FastifyPluginCallback, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { WebhookListener } from '../../sources/webhooks/http-inbox.js'
import { sharedSecret } from '../../shared/http/shared-secret.js'
import type { OnDemandSync } from './on-demand-sync.js'

export interface TrackerRoutesOptions {
  /** Handles every POST with an SNS header, on any path. */
  readonly sns: WebhookListener
  /** Handles the other POSTs to `/event`: events without an SNS envelope. Default: they are refused. */
  readonly events?: WebhookListener | undefined
  readonly sync: OnDemandSync
  /** `/sync` and `/syncslow` require one of them in the header `x-api-key`. Default: these routes are open to all. */
  readonly secrets?: readonly string[] | undefined
  /** Logs the result of background syncs. */
  readonly log: {
    info(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

const apiKey = 'x-api-key'

interface Answer {
  readonly status: number
  readonly body: string
}
const ok = (body: string): Answer => ({ status: 200, body })
const failed = (body: string): Answer => ({ status: 500, body })

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

const send = (reply: FastifyReply, { status, body }: Answer): void => {
  void reply.code(status).type('text/plain; charset=utf-8').send(body)
}

/** The listener reads the body and answers by itself, so it must get the request first. */
const handOver = (listener: WebhookListener, request: FastifyRequest, reply: FastifyReply): void => {
  reply.hijack()
  listener(request.raw, reply.raw)
}

/** The method that a path of the tracker allows, or `undefined` for unknown paths. */
const allowedOn = (path: string): string | undefined => {
  if (path === '/event') return 'POST'
  return /^\/(?:(?:sync|diff|syncslow)(?:\/[^/]+)?|health)$/.test(path) ? 'GET' : undefined
}

/** A wildcard, because service names have up to 255 letters and the router limits parameters to 100. */
interface OfService {
  Params: { '*': string }
}

const isService = (name: string): boolean => /^[^/]+$/.test(name)

/**
 * The routes and responses of ecs-task-tracker, so that its callers need no change: see docs/ecs-task-tracker.md.
 * Failures are 500 with the reason as text, as in the original; a missing secret is 401.
 */
export const trackerRoutes =
  ({ sns, events, sync, secrets, log }: TrackerRoutesOptions): FastifyPluginCallback =>
  (server, _options, done) => {
    const fromSns: onRequestHookHandler = (request, reply, next) => {
      if (request.headers['x-amz-sns-message-type'] === undefined) next()
      else handOver(sns, request, reply)
    }
    const withoutEnvelope: onRequestHookHandler = (request, reply, next) => {
      if (events === undefined) next()
      else handOver(events, request, reply)
    }
    server.post('/event', { onRequest: [fromSns, withoutEnvelope] }, (_request, reply) =>
      send(reply, {
        status: 403,
        body: 'not an SNS message; events without the SNS envelope need a secret: set ROUTES_TOKEN',
      }),
    )
    const otherwise = (request: FastifyRequest, reply: FastifyReply): void => {
      const allowed = allowedOn(new URL(request.url, 'http://here').pathname)
      if (allowed === undefined) reply.callNotFound()
      else void reply.code(405).header('allow', allowed).send({ message: 'Method Not Allowed' })
    }
    // An SNS subscription may use any path: the original tracker confirmed subscriptions on each.
    server.post('/*', { onRequest: [fromSns] }, otherwise)
    server.route({
      method: ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'],
      url: '/*',
      exposeHeadRoute: false,
      handler: otherwise,
    })

    const isSecret = secrets === undefined ? () => true : sharedSecret('trackerRoutes: secrets', secrets)
    const knowsSecret: onRequestHookHandler = (request, reply, next) => {
      const given = request.headers[apiKey]
      if (isSecret(typeof given === 'string' ? given : undefined)) next()
      else send(reply, { status: 401, body: `the header ${apiKey} does not contain a valid secret` })
    }
    /** The original routes are GETs. HEAD is not served, so that a check for existence starts no work. */
    const quiet = { exposeHeadRoute: false }
    const guarded = { ...quiet, onRequest: [knowsSecret] }

    server.get('/sync', guarded, async (_request, reply) => {
      const error = 'error syncing services:'
      try {
        const missed = await sync.sync()
        const reasons = [...missed].map(([service, reason]) => `\n${service}: ${reason}`)
        send(reply, missed.size === 0 ? ok('all services synced') : failed(error + reasons.join('')))
      } catch (thrown) {
        send(reply, failed(`${error} ${reasonOf(thrown)}`))
      }
      return reply
    })
    server.get<OfService>('/sync/*', guarded, async ({ params: { '*': service } }, reply) => {
      if (!isService(service)) {
        reply.callNotFound()
        return reply
      }
      try {
        const reason = (await sync.sync()).get(service)
        send(reply, reason === undefined ? ok(`${service} synced`) : failed(`sync(${service}): ${reason}`))
      } catch (thrown) {
        send(reply, failed(`sync(${service}): ${reasonOf(thrown)}`))
      }
      return reply
    })

    let inBackground = false
    const syncSlowly = async (): Promise<void> => {
      if (inBackground) return
      inBackground = true
      try {
        const missed = await sync.sync()
        if (missed.size === 0) log.info({}, 'synced in the background')
        else log.error({ services: Object.fromEntries(missed) }, 'some services are not synced')
      } catch (thrown) {
        log.error({ reason: reasonOf(thrown) }, 'background sync failed')
      } finally {
        inBackground = false
      }
    }
    const syncSlow = (given: string, reply: FastifyReply): void => {
      const valid = /^[+-]?\d{1,15}$/.test(given)
      if (valid) void syncSlowly()
      send(
        reply,
        valid
          ? ok(`syncing a service every ${Number(given)} milliseconds`)
          : failed('expected a number of milliseconds'),
      )
    }
    server.get('/syncslow', guarded, (_request, reply) => syncSlow('1000', reply))
    server.get<{ Params: { milliseconds: string } }>('/syncslow/:milliseconds', guarded, (request, reply) => {
      const { milliseconds } = request.params
      if (milliseconds === '') reply.callNotFound()
      else syncSlow(milliseconds, reply)
    })

    server.get('/diff', quiet, async (_request, reply) => {
      try {
        const differ = await sync.diff()
        send(
          reply,
          ok(differ.length === 0 ? 'all services in sync' : `services out of sync:\n${differ.join('\n')}`),
        )
      } catch (thrown) {
        send(reply, failed(`error comparing services: ${reasonOf(thrown)}`))
      }
      return reply
    })
    server.get<OfService>('/diff/*', quiet, async ({ params: { '*': service } }, reply) => {
      if (!isService(service)) {
        reply.callNotFound()
        return reply
      }
      try {
        const differs = (await sync.diff()).includes(service)
        send(reply, ok(`${service} is ${differs ? 'out of sync' : 'in sync'}`))
      } catch (thrown) {
        send(reply, failed(`diff(${service}): ${reasonOf(thrown)}`))
      }
      return reply
    })
    done()
  }
