import { request } from 'node:http'
import type { AdminPlace } from './admin-url.js'

export interface AdminRequest {
  readonly method: 'GET' | 'PATCH'
  readonly path: string
  readonly ifMatch?: string
  /** JSON. */
  readonly body?: string
}

export interface AdminAnswer {
  readonly status: number
  readonly etag: string | undefined
  readonly text: string
}

/** The connection was closed before the answer: Caddy begins its admin API anew with each change by anybody. */
export class ConnectionLost extends Error {}

/** No sensible configuration is larger. */
const maxBytes = 64 * 1024 * 1024

const codeOf = (error: Error): string =>
  'code' in error && typeof error.code === 'string' ? error.code : error.message

/**
 * One request to Caddy's admin API. Rejects without an answer. Not by `fetch`: Caddy takes its header `sec-fetch-mode`
 * for a browser's, and refuses it. Connections are not kept, because Caddy closes them with each change.
 */
export const adminApi =
  ({ text: place, options }: AdminPlace) =>
  ({ method, path, ifMatch, body }: AdminRequest, signal: AbortSignal): Promise<AdminAnswer> =>
    new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        const code = codeOf(error)
        const Failure = code === 'ECONNRESET' || code === 'EPIPE' ? ConnectionLost : Error
        reject(
          new Failure(
            `no answer from Caddy's admin API at ${place} (${code}): check that Caddy runs, and listens there (admin.listen)`,
            { cause: error },
          ),
        )
      }
      const headers = {
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      }
      const sent = request({ ...options, method, path, headers, agent: false, signal }, (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > maxBytes) response.destroy(new Error(`more than ${maxBytes} bytes`))
          else chunks.push(chunk)
        })
        response.on('error', fail)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            etag: response.headers.etag,
            text: Buffer.concat(chunks).toString(),
          }),
        )
      })
      sent.on('error', fail)
      sent.end(body)
    })
