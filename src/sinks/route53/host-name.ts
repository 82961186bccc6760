/** Names of hosts inside a zone, which encode their address. Pure. */
import { isIPv4, isIPv6 } from 'node:net'
import type { DnsName } from './dns-name.js'

const labelV4 = /^ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/
const labelV6 = /^ip6((?:-[0-9a-f]{1,4}){8})$/

/** The canonical spelling of an address (RFC 5952 for IPv6); undefined if it is not an IP address. */
export const canonicalAddress = (text: string): string | undefined => {
  if (isIPv4(text)) return text
  // A scope (`%eth0`) is only meaningful on one machine.
  if (!isIPv6(text) || text.includes('%')) return undefined
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}

/** The eight groups of a canonical address. */
const groupsOf = (address: string): readonly string[] => {
  const [head = '', tail] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined) return before
  const after = tail === '' ? [] : tail.split(':')
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after]
}

/**
 * The name of a host: `ip-10-0-0-1.<zone>`, like EC2's names for instances and ecssd's records. For IPv6
 * `ip6-fd00-0-0-0-0-0-0-1.<zone>` with all eight groups, so that names are unique. Undefined if the text is not an IP
 * address.
 */
export const hostName = (host: string, zone: DnsName): DnsName | undefined => {
  const address = canonicalAddress(host)
  if (address === undefined) return undefined
  return isIPv4(address)
    ? `ip-${address.replaceAll('.', '-')}.${zone}`
    : `ip6-${groupsOf(address).join('-')}.${zone}`
}

/**
 * The address encoded in a name's first label, whatever its domain: ecssd's targets are in EC2's domain. Undefined if
 * the label encodes none.
 */
export const addressIn = (name: string): string | undefined => {
  const [label = ''] = name.split('.', 1)
  const [, a, b, c, d] = labelV4.exec(label) ?? []
  if (d !== undefined) return canonicalAddress([a, b, c, d].join('.'))
  const groups = labelV6.exec(label)?.[1]
  return groups === undefined ? undefined : canonicalAddress(groups.slice(1).replaceAll('-', ':'))
}
