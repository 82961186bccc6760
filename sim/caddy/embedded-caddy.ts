import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as bodyText } from 'node:stream/consumers'
import { canonicalText, isJson, type Json, type JsonObject } from '../../src/shared/codec/json.js'
import { refusalOf } from './config-rules.js'
import { AdminFailure, patched, valueAt } from './config-tree.js'
import { httpServer } from '../http-server.js'

/** The admin API of a Caddy in this process that serves no requests, for tests. */
export interface EmbeddedCaddy {
  readonly url: string
  /** The configuration now. */
  readonly config: () => Json
  /** Somebody loads another configuration, such as a restart without `--resume`. */
  readonly load: (config: Json) => void
  /** How often the configuration was loaded after a change by the API. */
  readonly loads: () => number
  /** From now on, Caddy refuses configurations of which this is true. */
  readonly refuse: (predicate: (config: Json) => boolean) => void
  /** Called before each PATCH: another writer that is faster. */
  readonly before: (patch: () => void) => void
  /** Cuts the connections of the next requests that would get an answer; what they change is changed. */
  readonly cut: (count: number) => void
  readonly close: () => Promise<void>
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly etag?: string
  readonly changed?: boolean
}

const parsed = (text: string): Json => {
  const json: unknown = JSON.parse(text)
  if (!isJson(json)) throw new AdminFailure(400, 'decoding request body: no JSON')
  return json
}

const hashOf = (json: Json): string =>
  createHash('sha256').update(canonicalText(json)).digest('hex').slice(0, 16)

/**
 * Starts a server on 127.0.0.1 and a free port that knows `GET` and `PATCH` of `/config/…` and `POST /load`. It refuses
 * what Caddy refuses of handlers and requests; other modules are not checked. Its Etags are made of other hashes.
 */
export const embeddedCaddy = async (config: Json = {}): Promise<EmbeddedCaddy> => {
  let tree: JsonObject = { config }
  let loads = 0
  let refused: (config: Json) => boolean = () => false
  let cuts = 0
  let beforePatch = (): void => undefined

  const load = (next: JsonObject): Answer => {
    if (canonicalText(next) === canonicalText(tree)) return { status: 200, text: '' }
    const problem = refusalOf(next) ?? (refused(next['config'] ?? null) ? 'as the test wants it' : undefined)
    if (problem !== undefined)
      throw new AdminFailure(500, `loading new config: loading http app module: ${problem}`)
    tree = next
    loads++
    return { status: 200, text: '', changed: true }
  }

  const check = (ifMatch: string): void => {
    const [, path, hash] = /^"(\S+) (\S+)"$/.exec(ifMatch) ?? []
    if (path === undefined || hash === undefined)
      throw new AdminFailure(400, 'malformed If-Match header; expect format "<path> <hash>"')
    if (hashOf(valueAt(tree, path)) !== hash)
      throw new AdminFailure(412, `If-Match header did not match current config hash`)
  }

  const answerTo = ({ method, url = '/', headers }: IncomingMessage, body: string): Answer => {
    if (headers['sec-fetch-mode'] !== undefined || headers.origin !== undefined)
      throw new AdminFailure(403, `client is not allowed to access from origin '${headers.origin ?? ''}'`)
    const path = decodeURIComponent(new URL(url, 'http://caddy').pathname)
    if (method === 'GET' && path.startsWith('/config/')) {
      const value = valueAt(tree, path)
      return { status: 200, text: `${canonicalText(value)}\n`, etag: `"${path} ${hashOf(value)}"` }
    }
    if (headers['content-type'] !== 'application/json')
      throw new AdminFailure(400, "unacceptable content-type: 'application/json' required")
    if (method === 'POST' && path === '/load') return load({ config: parsed(body) })
    if (method !== 'PATCH' || !path.startsWith('/config/')) throw new AdminFailure(405, 'method not allowed')
    beforePatch()
    if (headers['if-match'] !== undefined) check(headers['if-match'])
    return load(patched(tree, path, parsed(body)))
  }

  const server = httpServer((request, response) => {
    void bodyText(request).then((body) => {
      const {
        status,
        text,
        etag,
        changed = false,
      } = ((): Answer => {
        try {
          return answerTo(request, body)
        } catch (thrown) {
          if (!(thrown instanceof AdminFailure)) throw thrown
          return { status: thrown.status, text: `${canonicalText({ error: thrown.message })}\n` }
        }
      })()
      if (cuts > 0) {
        cuts--
        request.socket.resetAndDestroy()
        return
      }
      response
        .writeHead(status, {
          'content-type': 'application/json',
          ...(etag === undefined ? {} : { etag }),
          ...(changed ? { connection: 'close' } : {}),
        })
        .end(text)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    config: () => tree['config'] ?? null,
    load: (next) => {
      tree = { config: next }
    },
    loads: () => loads,
    refuse: (predicate) => {
      refused = predicate
    },
    before: (patch) => {
      beforePatch = patch
    },
    cut: (count) => {
      cuts = count
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
