import { formatAddress } from '../../core/desired.js'

/** Where to listen. Without a host: on every interface, with both IPv6 and IPv4 where available. */
export interface ListenOn {
  readonly host?: string
  readonly port: number
}

const advice: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'another process in this network namespace uses it: free it, or listen on another address (LISTEN_HOST)',
  EACCES: 'ports below 1024 need the capability NET_BIND_SERVICE: add it, or run as root',
  EADDRNOTAVAIL: 'this machine has no such address: listen on one that it has',
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '')

/** Why a port cannot be opened, and what to do about it; for people. */
export const listenFailure = ({ host = '*', port }: ListenOn, error: Error): string => {
  const where = host === '*' ? `:${port}` : formatAddress({ host, port })
  const what = advice[codeOf(error)]
  return `cannot listen on ${where}: ${error.message}${what === undefined ? '' : ` (${what})`}`
}
