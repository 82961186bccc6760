import { isIPv6, type Socket } from 'node:net'

/** The first four groups of an IPv6 address, `::` written out. */
const network = (address: string): string => {
  const [before = '', after] = address.split('::')
  const groups = (text: string): readonly string[] => text.split(':').filter((group) => group !== '')
  const head = groups(before)
  const tail = after === undefined ? [] : groups(after)
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`
}

/**
 * Whom a connection counts for: the IPv4 address of its peer, or the /64 network of its IPv6 address, all of which one
 * host may use. Behind a load balancer that is the balancer: what a header says of the client can be forged.
 */
export const clientAddress = ({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(remoteAddress)?.[1]
  if (mapped !== undefined) return mapped
  return isIPv6(remoteAddress) ? network(remoteAddress.replace(/%.*$/, '')) : remoteAddress
}
