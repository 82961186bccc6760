import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstValueFrom, NEVER, type Observable } from 'rxjs'
import { bundlePage } from '../../../scripts/page-bundle.js'
import type { InspectedWorld } from '../../../src/inspector/inspected-world.js'
import { inspectorOf } from '../../../src/inspector/inspector-of.js'
import { tableNames } from '../../../src/inspector/tables.js'
import { systemClock } from '../../../src/shared/async/system-clock.js'

/** As strict as a page without anything inline can have it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export interface PageServer {
  readonly url: string
  close(): Promise<void>
}

export interface PageServerOptions {
  readonly world: (at: number | undefined) => InspectedWorld
  readonly changes$?: Observable<unknown>
  /** The token that it wants. Default: none. */
  readonly token?: string
}

/** The built page, and answers as a worker gives them, from any world. */
export const pageServer = async ({
  world,
  changes$ = NEVER,
  token,
}: PageServerOptions): Promise<PageServer> => {
  const end = new AbortController()
  const inspector = inspectorOf({
    world: (at) => Promise.resolve(world(at)),
    changes$,
    clock: systemClock,
    signal: end.signal,
  })
  const directory = await mkdtemp(join(tmpdir(), 'ecs-task-stream-page-'))
  const { files } = await bundlePage(directory)

  const answerOf = (path: string, query: URLSearchParams): Promise<unknown> => {
    const [, kind, name = ''] = path.split('/')
    const at = query.has('at') ? Number(query.get('at')) : undefined
    if (kind === 'explain') return inspector.explain(decodeURIComponent(name), at)
    const table = tableNames.find((each) => each === name)
    if (table === undefined) throw new Error(`no ${path}`)
    const filter = query.get('filter') ?? undefined
    return inspector.rows(table, {
      filter,
      from: Number(query.get('from')),
      count: Number(query.get('count')),
      at,
    })
  }

  const serveChanges = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const subscription = inspector.overview$.subscribe((overview) => {
      response.write(`data: ${JSON.stringify(overview)}\n\n`)
    })
    response.on('close', () => subscription.unsubscribe())
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const file = files.find(
      ({ path }) => pathname === `/${path}` || (pathname === '/' && path === 'index.html'),
    )
    response.setHeader('content-security-policy', policy)
    if (file !== undefined) {
      response.setHeader('content-type', file.type)
      response.end(await readFile(join(directory, file.path)))
      return
    }
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end()
      return
    }
    if (pathname === '/state/changes') {
      serveChanges(response)
      return
    }
    const answer =
      pathname === '/state'
        ? await firstValueFrom(inspector.overview$)
        : await answerOf(pathname, searchParams)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((thrown: unknown) => {
      response.writeHead(400).end(JSON.stringify({ message: String(thrown) }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      end.abort()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
      await rm(directory, { recursive: true, force: true })
    },
  }
}
