import type { FastifyPluginCallback, FastifyReply } from 'fastify'
import { clientAddress } from '../../shared/http/client-address.js'
import { sharedSecret } from '../../shared/http/shared-secret.js'
import type { Answer, Operation, Query } from '../openapi/operation.js'

export interface OperationRoutesOptions {
  readonly operations: readonly Operation[]
  /** Whether the state is complete. */
  readonly isWhole: () => boolean
  /** The routes require one of them in the header `x-api-key`. Default: the routes are open to all. */
  readonly secrets?: readonly string[] | undefined
  /** Called for every answered request to an operation. */
  readonly onAnswered?: (operation: string, status: number) => void
}

const apiKey = 'x-api-key'

/** The `retry-after`, in seconds, while the first snapshots are missing. */
const wholeIn = 5

const refuse = (
  reply: FastifyReply,
  speaks: Operation['speaks'],
  status: number,
  reason: string,
): FastifyReply =>
  speaks === 'text'
    ? reply.code(status).type('text/plain; charset=utf-8').send(reason)
    : reply.code(status).send({ error: reason })

const send = (reply: FastifyReply, { speaks }: Operation, answer: Answer): FastifyReply => {
  switch (answer._tag) {
    case 'Text':
      return reply.type('text/plain; charset=utf-8').send(answer.text)
    case 'Json':
      return reply.type('application/json; charset=utf-8').send(answer.value)
    case 'Redirect':
      return reply.redirect(answer.url, 302)
    case 'Refused':
      if (answer.retryAfter !== undefined) void reply.header('retry-after', answer.retryAfter)
      return refuse(reply, speaks, answer.status, answer.reason)
    case 'Stream':
      reply.hijack()
      answer.open(reply.raw)
      return reply
  }
}

const schemaOf = (described: Readonly<Record<string, { readonly schema: object }>>) => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(Object.entries(described).map(([name, { schema }]) => [name, schema])),
})

/** Serves operations: validates requests by the operations' schemas, and sends their answers. */
export const operationRoutes =
  ({ operations, isWhole, secrets, onAnswered }: OperationRoutesOptions): FastifyPluginCallback =>
  (server, _options, done) => {
    const isSecret = secrets === undefined ? () => true : sharedSecret('operationRoutes: secrets', secrets)
    server.addHook('onRequest', (_request, reply, next) => {
      // `no-store`, because a task may stop at any time; `nosniff`, so that no browser renders a text as a page.
      void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      next()
    })
    server.setNotFoundHandler((request, reply) =>
      refuse(
        reply,
        'text',
        404,
        `no route ${request.method} ${request.url.slice(0, 200)}: see /openapi.json`,
      ),
    )

    for (const operation of operations) {
      const { id, method, path, params = {}, query = {}, speaks, needsWhole } = operation
      server.route<{ Params: Readonly<Record<string, string>>; Querystring: Query }>({
        method,
        url: path.replace(/\{(\w+)\}/g, ':$1'),
        // A HEAD request must not open a stream.
        exposeHeadRoute: speaks !== 'events',
        schema: { params: schemaOf(params), querystring: schemaOf(query) },
        onRequest: (request, reply, next) => {
          const given = request.headers[apiKey]
          if (isSecret(typeof given === 'string' ? given : undefined)) next()
          else void refuse(reply, speaks, 401, `the header ${apiKey} does not contain a valid secret`)
        },
        preValidation: (request, reply, next) => {
          // The validation would silently drop unknown parameters. That is fine for callers of the old routes;
          // elsewhere, the caller would expect a filter that does not apply.
          const unknown = Object.keys(request.query).find((name) => !(name in query))
          if (unknown === undefined || operation.tag === 'ids') next()
          else
            void refuse(
              reply,
              speaks,
              400,
              `querystring/${unknown.slice(0, 100)} is unknown: expected ${Object.keys(query).join(', ') || 'no parameters'}`,
            )
        },
        errorHandler: (error, _request, reply) => {
          const status = error.statusCode ?? 500
          void refuse(reply, speaks, status, status < 500 ? error.message : 'internal error: see the log')
        },
        onResponse: (_request, reply, next) => {
          onAnswered?.(id, reply.statusCode)
          next()
        },
        handler: (request, reply) => {
          if (needsWhole && !isWhole()) {
            void reply.header('retry-after', wholeIn)
            return refuse(reply, speaks, 503, 'not every cluster has a complete snapshot yet: try again')
          }
          const lastEventId = request.headers['last-event-id']
          return send(
            reply,
            operation,
            operation.answer({
              params: request.params,
              query: request.query,
              lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
              address: clientAddress(request.socket),
            }),
          )
        },
      })
    }
    done()
  }
