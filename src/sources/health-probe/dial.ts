import * as http from 'node:http'
import * as https from 'node:https'
import { connect } from 'node:net'
import { type Address, formatAddress } from '../../core/desired.js'

/** Healthy: it answers a GET with an expected status. Redirects are not followed. */
export interface HttpProbe {
  readonly kind: 'http'
  /** Begins with `/`; may have a query. */
  readonly path: string
  /**
   * Default: `http`. With `https` the certificate is not verified, as load balancers do not: it is for a name, and a
   * probe asks an address.
   */
  readonly scheme?: 'http' | 'https'
  /** The `Host` header. Default: the endpoint's address and port. */
  readonly host?: string
  /** The least and the greatest status that is healthy. Default: 200 and 399. */
  readonly expect?: { readonly from: number; readonly to: number }
}

/** Healthy: it takes a connection. */
export interface TcpProbe {
  readonly kind: 'tcp'
}

export type Probe = HttpProbe | TcpProbe

/**
 * Asks one endpoint once. Resolves when it is healthy, and rejects with the reason when it is not. Has to stop when
 * the signal aborts.
 */
export type Dial = (probe: Probe, address: Address, signal: AbortSignal) => Promise<void>

/** Of an answer that is longer the rest is not waited for. */
const mostBody = 65_536
const longestPath = 2_048

/**
 * Throws when a probe cannot be made: a path is the only text of it that may come from elsewhere, such as a label, and
 * must stay a path.
 */
export const checkProbe = (probe: Probe): void => {
  if (probe.kind === 'tcp') return
  const { path, host = '', expect: { from, to } = { from: 200, to: 399 } } = probe
  const shown = JSON.stringify(path.slice(0, 80))
  if (path.length > longestPath || !/^\/[!-~]*$/.test(path) || path.includes('#'))
    throw new Error(
      `health probe: expected a path that begins with "/", of at most ${longestPath} printable ASCII characters ` +
        `without spaces and "#", such as "/health", got ${shown}`,
    )
  if (!/^[\w.:[\]-]*$/.test(host))
    throw new Error(
      `health probe: expected a host name for the Host header, got ${JSON.stringify(host.slice(0, 80))}`,
    )
  if (!(Number.isInteger(from) && Number.isInteger(to) && 100 <= from && from <= to && to <= 599))
    throw new Error(`health probe: expected statuses between 100 and 599, got ${from} to ${to}`)
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
      // A connection of its own each time: whether new ones are taken is what matters.
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
    // Of a promise only the first answer counts: after a good end, this one does not.
    request.on('close', () =>
      reject(new Error(`${asked} failed: the connection closed before the answer's end`)),
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

/** Over the network, to the address itself: no name is looked up. */
export const dial: Dial = (probe, address, signal) => {
  switch (probe.kind) {
    case 'http':
      return dialHttp(probe, address, signal)
    case 'tcp':
      return dialTcp(address, signal)
  }
}
