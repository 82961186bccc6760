import { networkInterfaces } from 'node:os'
import * as O from 'fp-ts/lib/Option.js'
import * as t from 'io-ts'
import type { SettingType } from './setting-type.js'

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string
  /** 0 chooses any free port. */
  readonly port: number
}

const address = t.readonly(t.type({ host: t.string, port: t.number }))

/** `host:port`, `:port` or a port alone; IPv6 hosts in brackets. */
const pattern = /^(?:\[(?<ipv6>[\da-f:.]+)\]:|(?<host>[\w.-]*):)?(?<port>\d{1,5})$/i

/** The address of every interface: IPv6 and IPv4 on a machine with both, otherwise IPv4. */
const everyInterface = (): string =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ family }) => family === 'IPv6'))
    ? '::'
    : '0.0.0.0'

/**
 * A setting that says where to listen. Without a host, it is `everywhere`, which health checks from outside the
 * container need.
 */
export const listenAddress = (everywhere: string = everyInterface()): SettingType<ListenAddress> => ({
  placeholder: 'address',
  repeats: false,
  schema: { type: ['string', 'integer'] },
  is: address.is,
  expected: 'a port, such as 8080 or :8080, or host:port',
  parse: (given) => {
    const parts = pattern.exec(given.trim())?.groups
    const port = Number(parts?.['port'])
    const host = parts?.['ipv6'] ?? parts?.['host'] ?? ''
    return port <= 65_535 ? O.some({ host: host === '' ? everywhere : host, port }) : O.none
  },
  format: ({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`),
})
