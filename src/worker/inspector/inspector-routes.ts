import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../../core/clock.js'
import { errorOf } from '../../core/error-of.js'
import type { Inspector, RowQuery } from '../../inspector/inspector.js'
import { QueryError } from '../../inspector/query-error.js'
import { type TableName, tableNames } from '../../inspector/tables.js'
import { reasonOf } from '../observability/diagnosis.js'
import { type InspectorAccess, inspectorGuard } from './inspector-access.js'
import { firstOverview } from './first-overview.js'
import { mostListeners, OverviewStreams } from './overview-streams.js'
import type { Page } from './page.js'

export interface InspectorRoutesOptions {
  readonly inspector: Inspector
  readonly access: Exclude<InspectorAccess, { readonly _tag: 'Nobody' }>
  readonly page: Page
  readonly clock: Pick<Clock, 'sleep'>
}

/** The most questions that wait for their answers. Each may take a second, one after the other. */
const mostWaiting = 32

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const

interface Asked {
  readonly Params: { readonly table?: string; readonly '*'?: string }
  readonly Querystring: Readonly<Record<string, string | readonly string[] | undefined>>
}

type Query = Asked['Querystring']

interface Outcome {
  readonly status: number
  readonly body: object
}

const one = (query: Query, name: string): string | undefined => {
  const given = query[name]
  if (given === undefined || typeof given === 'string') return given
  throw new QueryError(`${name}: expected one value, got ${given.length}`)
}

const integer = (query: Query, name: string, otherwise: number): number => {
  const given = one(query, name)
  if (given === undefined) return otherwise
  if (!/^\d{1,15}$/.test(given)) throw new QueryError(`${name}: expected an integer from 0`)
  return Number(given)
}

/** An ISO 8601 time, or milliseconds since 1970. */
const timeIn = (query: Query): number | undefined => {
  const given = one(query, 'at')
  if (given === undefined) return undefined
  const at = /^\d{10,15}$/.test(given) ? Number(given) : Date.parse(given)
  if (Number.isNaN(at)) throw new QueryError('at: expected an ISO 8601 time, or milliseconds since 1970')
  return at
}

const rowQuery = (query: Query): RowQuery => ({
  filter: one(query, 'filter'),
  from: integer(query, 'from', 0),
  count: integer(query, 'count', 50),
  at: timeIn(query),
})

const tableIn = (name: string | undefined): TableName => {
  const table = tableNames.find((each) => each === name)
  if (table === undefined) throw new QueryError(`table: expected one of ${tableNames.join(', ')}`)
  return table
}

/**
 * The routes of the inspector:
 * - `GET /`: the page;
 * - `GET /state?at=`: the overview;
 * - `GET /state/<table>?filter=&from=&count=&at=`: a window of a table;
 * - `GET /state/changes`: the overview now and after changes, as server-sent events;
 * - `GET /explain/<question>?at=`: an explanation.
 *
 * Read-only. Errors are JSON with `error`, which says what was expected.
 */
export const inspectorRoutes =
  ({ inspector, access, page, clock }: InspectorRoutesOptions): FastifyPluginCallback =>
  (server, _options, done) => {
    const guard = inspectorGuard(access)
    const streams = new OverviewStreams(inspector.overview$, clock)
    let waiting = 0

    const refuse = (reply: FastifyReply, status: number, error: string): FastifyReply =>
      reply
        .code(status)
        .headers({
          ...(status === 401 && { 'www-authenticate': 'Bearer realm="inspector"' }),
          ...(status === 503 && { 'retry-after': '1' }),
        })
        .send({ error })
    server.addHook('onRequest', async (request, reply) => {
      reply.headers(securityHeaders)
      const refused = guard(request.raw, page.isPart(request.url))
      if (refused !== undefined) return refuse(reply, refused.status, refused.error)
      return undefined
    })
    const outcomeOf = async (answer: () => Promise<object>): Promise<Outcome> => {
      if (waiting >= mostWaiting)
        return {
          status: 503,
          body: { error: `expected at most ${mostWaiting} questions at a time: ask again` },
        }
      waiting++
      try {
        return { status: 200, body: await answer() }
      } catch (thrown) {
        if (thrown instanceof QueryError) return { status: 400, body: { error: thrown.message } }
        return { status: 500, body: { error: reasonOf(errorOf(thrown)) } }
      } finally {
        waiting--
      }
    }
    const answering =
      (answer: (request: FastifyRequest<Asked>) => Promise<object>) =>
      async (request: FastifyRequest<Asked>, reply: FastifyReply): Promise<FastifyReply> => {
        const { status, body } = await outcomeOf(() => answer(request))
        return reply
          .code(status)
          .headers({ 'cache-control': 'no-store', ...(status === 503 && { 'retry-after': '1' }) })
          .send(body)
      }

    server.get('/', (_request, reply) => page.send('/', reply))
    for (const path of page.paths) server.get(path, (_request, reply) => page.send(path, reply))
    server.get(
      '/state',
      answering(({ query }) => {
        const at = timeIn(query)
        if (at === undefined) return firstOverview(inspector)
        if (inspector.overviewAt === undefined) throw new QueryError('at: expected none')
        return inspector.overviewAt(at)
      }),
    )
    server.get('/state/changes', { exposeHeadRoute: false }, (_request, reply) => {
      if (!streams.hasRoom)
        return refuse(reply, 503, `expected at most ${mostListeners} listeners: ask again later`)
      reply.hijack()
      for (const [name, value] of Object.entries(securityHeaders)) reply.raw.setHeader(name, value)
      streams.add(reply.raw)
      return undefined
    })
    server.get<Asked>(
      '/state/:table',
      answering(async ({ params, query }) => inspector.rows(tableIn(params.table), rowQuery(query))),
    )
    server.get<Asked>(
      '/explain/*',
      answering(async ({ params, query }) => inspector.explain(params['*'] ?? '', timeIn(query))),
    )
    // Open streams would delay the close of the server.
    server.addHook('preClose', (closed) => {
      streams.end()
      closed()
    })
    done()
  }
