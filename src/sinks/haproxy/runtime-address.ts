import { isIP } from 'node:net'
import { OptionError } from '../../core/option-error.js'

/** Where HAProxy's runtime API listens, as `connect` of `node:net` takes it. */
export type RuntimeAddress = { readonly path: string } | { readonly host: string; readonly port: number }

const hostAndPort = /^(?:\[([^\]]+)\]|([^:/\s[\]]+)):(\d{1,5})$/

/**
 * The address of a stats socket: an absolute path, or a host and a port, such as `127.0.0.1:9999` or `[fd00::1]:9999`.
 * Throws an OptionError for anything else.
 */
export const runtimeAddress = (option: string, text: string): RuntimeAddress => {
  if (/^\/[^\0]+$/.test(text)) return { path: text }
  const [, bracketed, plain, digits] = hostAndPort.exec(text) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  if (host === undefined || port < 1 || port > 65_535 || (bracketed !== undefined && isIP(bracketed) !== 6))
    throw new OptionError(
      `${option}: expected the absolute path of HAProxy's stats socket, or its host and port, such as /run/haproxy/admin.sock or 127.0.0.1:9999, got "${text}"`,
    )
  return { host, port }
}
