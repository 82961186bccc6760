import { isIPv6, type Socket } from 'node:net'

/** The /64 network of an IPv6 address: its first four groups, with `::` expanded. */
const network = (address: string): string => {
  const [before = '', after] = address.split('::')
  const groups = (text: string): readonly string[] => text.split(':').filter((group) => group !== '')
  const head = groups(before)
  const tail = after === undefined ? [] : groups(after)
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`
}

/**
 * The client that a connection counts for: its peer's IPv4 address, or the /64 network of its IPv6 address, because one
 * host may use a whole /64. Behind a load balancer, this is the balancer's address: headers that name the client can be
 * forged.
 */
export const clientAddress = ({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(remoteAddress)?.[1]
  if (mapped !== undefined) return mapped
  return isIPv6(remoteAddress) ? network(remoteAddress.replace(/%.*$/, '')) : remoteAddress
}
