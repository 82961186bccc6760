import { OptionError } from '../../core/option-error.js'
import * as http from 'node:http'
import * as https from 'node:https'
import { connect } from 'node:net'
import { type Address, formatAddress } from '../../core/desired.js'

/** Healthy if the endpoint answers a GET with an expected status. Redirects are not followed. */
export interface HttpProbe {
  readonly kind: 'http'
  /** Begins with `/`, and may have a query. */
  readonly path: string
  /**
   * With `https`, the certificate is not verified, because it is for a name and the probe calls an address; load
   * balancers do not verify it either. Default: `http`.
   */
  readonly scheme?: 'http' | 'https'
  /** The `Host` header. Default: the endpoint's address and port. */
  readonly host?: string
  /** The range of healthy statuses, inclusive. Default: 200 to 399. */
  readonly expect?: { readonly from: number; readonly to: number }
}

/** Healthy if the endpoint accepts a connection. */
export interface TcpProbe {
  readonly kind: 'tcp'
}

export type Probe = HttpProbe | TcpProbe

/**
 * Probes one endpoint once. Resolves if it is healthy, rejects with the reason if not. Must stop when the signal
 * aborts.
 */
export type Dial = (probe: Probe, address: Address, signal: AbortSignal) => Promise<void>

/** The rest of a longer response is not read. */
const mostBody = 65_536
const longestPath = 2_048

/**
 * Throws an OptionError for an invalid probe. The path may come from outside, such as from a label, and must not change the request.
 */
export const checkProbe = (probe: Probe): void => {
  if (probe.kind === 'tcp') return
  const { path, host = '', expect: { from, to } = { from: 200, to: 399 } } = probe
  const shown = JSON.stringify(path.slice(0, 80))
  if (path.length > longestPath || !/^\/[!-~]*$/.test(path) || path.includes('#'))
    throw new OptionError(
      `healthProbe: path: expected a path that begins with "/", of at most ${longestPath} printable ASCII characters ` +
        `without spaces and "#", such as "/health", got ${shown}`,
    )
  if (!/^[\w.:[\]-]*$/.test(host))
    throw new OptionError(
      `healthProbe: host: expected a host name for the Host header, got ${JSON.stringify(host.slice(0, 80))}`,
    )
  if (!(Number.isInteger(from) && Number.isInteger(to) && 100 <= from && from <= to && to <= 599))
    throw new OptionError(`healthProbe: expect: expected statuses between 100 and 599, got ${from} to ${to}`)
}

const dialHttp = (
  { path, scheme = 'http', host, expect: { from, to } = { from: 200, to: 399 } }: HttpProbe,
  address: Address,
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const asked = `GET ${scheme}://${formatAddress(address)}${path}`
    const request = (scheme === 'https' ? https : http).request({
      host: address.host,
      port: address.port,
      path,
      signal,
      // A new connection each time, because the question is whether the endpoint accepts new ones.
      agent: false,
      rejectUnauthorized: false,
      headers: { 'user-agent': 'ecs-task-stream', ...(host === undefined ? {} : { host }) },
    })
    request.on('response', (response) => {
      const { statusCode = 0 } = response
      if (statusCode < from || statusCode > to) {
        reject(new Error(`${asked} answered ${statusCode}, expected ${from} to ${to}`))
        request.destroy()
        return
      }
      let read = 0
      const done = (): void => {
        resolve()
        request.destroy()
      }
      response.on('data', (chunk: Buffer) => {
        read += chunk.length
        if (read > mostBody) done()
      })
      response.on('end', done)
      response.on('error', (error) => reject(new Error(`${asked} failed: ${error.message}`)))
    })
    request.on('error', (error) => reject(new Error(`${asked} failed: ${error.message}`)))
    // Has no effect after a complete response, because the promise is already resolved.
    request.on('close', () =>
      reject(new Error(`${asked} failed: the connection closed before the end of the response`)),
    )
    request.end()
  })

const dialTcp = (address: Address, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port, signal })
    socket.on('connect', () => {
      resolve()
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('closed')))
  })

/** Probes over the network, by IP address, without DNS. */
export const dial: Dial = (probe, address, signal) => {
  switch (probe.kind) {
    case 'http':
      return dialHttp(probe, address, signal)
    case 'tcp':
      return dialTcp(address, signal)
  }
}
