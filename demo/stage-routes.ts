import type { ServerResponse } from 'node:http'
import type { FastifyPluginCallback } from 'fastify'
import { stageActionIn } from '../page/simulation/stage-state.js'
import { header } from '../src/shared/http/request-head.js'
import { inspectorGuard } from '../src/worker/inspector/inspector-access.js'
import type { DemoStage } from './stage.js'

/** The time between two states that are sent. */
const everyMs = 250

const mostListeners = 8

/**
 * The routes of the stage:
 * - `GET /stage/changes`: what the page shows, as server-sent events;
 * - `POST /stage`: what somebody does, as JSON. Only from the page itself, so that no other site acts.
 */
export const stageRoutes =
  (stage: DemoStage): FastifyPluginCallback =>
  (server, _options, done) => {
    const guard = inspectorGuard({ _tag: 'Everybody', isLocal: true })
    const listeners = new Set<ServerResponse>()
    let sending: ReturnType<typeof setInterval> | undefined
    const send = (to: Iterable<ServerResponse>): void => {
      const text = `data: ${JSON.stringify(stage.state)}\n\n`
      // One that does not read is left out until it does.
      for (const listener of to) if (!listener.writableNeedDrain) listener.write(text)
    }
    const leave = (listener: ServerResponse): void => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      clearInterval(sending)
      sending = undefined
    }

    server.addHook('onRequest', async (request, reply) => {
      reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store')
      const refused = guard(request.raw, false)
      if (refused !== undefined) return reply.code(refused.status).send({ error: refused.error })
      return undefined
    })
    server.get('/stage/changes', { exposeHeadRoute: false }, (_request, reply) => {
      if (listeners.size >= mostListeners)
        return reply.code(503).send({ error: `expected at most ${mostListeners} pages` })
      reply.hijack()
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        connection: 'close',
      })
      listeners.add(reply.raw)
      reply.raw.on('close', () => leave(reply.raw))
      send([reply.raw])
      sending ??= setInterval(() => send(listeners), everyMs)
      return undefined
    })
    server.post('/stage', (request, reply) => {
      // Browsers send it with every POST.
      if (header(request.raw, 'origin') !== `http://${header(request.raw, 'host')}`)
        return reply.code(403).send({ error: 'Origin: expected the page of the demo' })
      const action = stageActionIn(request.body)
      if (action === undefined) return reply.code(400).send({ error: 'expected an action of the page' })
      stage.act(action)
      return reply.code(204).send()
    })
    server.addHook('preClose', (closed) => {
      for (const listener of listeners) listener.end()
      closed()
    })
    done()
  }
