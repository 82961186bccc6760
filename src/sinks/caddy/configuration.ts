import { isJson, type Json } from '../../shared/codec/json.js'
import { type AdminAnswer, adminApi, ConnectionLost } from './admin-api.js'
import type { AdminPlace } from './admin-url.js'
import type { JsonPath } from './handlers.js'
import type { JsonWrite } from './smallest-write.js'

/** The part of Caddy's configuration that is read and written. Keys and certificates are elsewhere. */
const serversPath = '/config/apps/http/servers'

/** `apps.http.servers`, as it was read. */
export interface CaddyServers {
  readonly servers: Json
  /** `undefined`: there are none to write to. */
  readonly etag: string | undefined
}

export type WriteResult =
  | { readonly _tag: 'Written' }
  /** Another writer was faster. */
  | { readonly _tag: 'Stale' }
  /** It may have been written. */
  | { readonly _tag: 'Lost'; readonly error: Error }
  /** Caddy goes on with the configuration that it has. */
  | { readonly _tag: 'Refused'; readonly error: Error }

export interface CaddyConfiguration {
  read(signal: AbortSignal): Promise<CaddyServers>
  /** Writes if the servers are still those with this etag. Rejects if Caddy is not there. */
  write(write: JsonWrite, etag: string, signal: AbortSignal): Promise<WriteResult>
}

/** How often a request is made whose connection is closed before it has an answer. */
const mostAttempts = 4

/** What Caddy says about an error, at most so long. */
const longestReason = 500

const jsonOf = (text: string): Json | undefined => {
  try {
    const json: unknown = JSON.parse(text)
    return isJson(json) ? json : undefined
  } catch {
    return undefined
  }
}

const reasonIn = ({ text }: AdminAnswer): string => {
  const json = jsonOf(text)
  const error = typeof json === 'object' && json !== null && 'error' in json ? json['error'] : undefined
  return (typeof error === 'string' ? error : text).slice(0, longestReason)
}

const urlPath = (path: JsonPath): string =>
  [serversPath, ...path.map((key) => encodeURIComponent(key))].join('/')

export const caddyConfiguration = (place: AdminPlace): CaddyConfiguration => {
  const ask = adminApi(place)

  const failure = (answer: AdminAnswer): Error => {
    const { status } = answer
    const advice =
      status === 401 || status === 403
        ? ': add the host and port by which the worker reaches it to admin.origins'
        : ''
    return new Error(`Caddy's admin API at ${place.text} answered ${status} (${reasonIn(answer)})${advice}`)
  }

  const got = async (signal: AbortSignal): Promise<AdminAnswer> => {
    for (let attempt = 1; ; attempt++)
      try {
        return await ask({ method: 'GET', path: serversPath }, signal)
      } catch (thrown) {
        if (!(thrown instanceof ConnectionLost) || attempt >= mostAttempts) throw thrown
      }
  }

  return {
    read: async (signal) => {
      const answer = await got(signal)
      // This is how Caddy answers for a configuration without the app `http`.
      if (answer.status === 400 && reasonIn(answer).includes('invalid traversal path'))
        return { servers: null, etag: undefined }
      const servers = answer.status === 200 ? jsonOf(answer.text) : undefined
      if (servers === undefined) throw failure(answer)
      if (servers !== null && answer.etag === undefined)
        throw new Error(
          `Caddy's admin API at ${place.text} sends no Etag: use a newer Caddy (tested with 2.11), and no proxy that removes it`,
        )
      return { servers, etag: answer.etag }
    },
    write: async ({ path, value }, etag, signal) => {
      const body = JSON.stringify(value)
      try {
        const answer = await ask({ method: 'PATCH', path: urlPath(path), ifMatch: etag, body }, signal)
        if (answer.status === 200) return { _tag: 'Written' }
        return answer.status === 412 ? { _tag: 'Stale' } : { _tag: 'Refused', error: failure(answer) }
      } catch (thrown) {
        if (thrown instanceof ConnectionLost) return { _tag: 'Lost', error: thrown }
        throw thrown
      }
    },
  }
}
