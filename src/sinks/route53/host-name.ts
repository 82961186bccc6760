/** The names of hosts inside a zone, which say the address that they stand for. Pure. */
import { isIPv4, isIPv6 } from 'node:net'
import type { DnsName } from './dns-name.js'

const labelV4 = /^ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/
const labelV6 = /^ip6((?:-[0-9a-f]{1,4}){8})$/

/** An address in the one spelling that it has here (RFC 5952 for version 6); undefined when it is none. */
export const canonicalAddress = (text: string): string | undefined => {
  if (isIPv4(text)) return text
  // A scope (`%eth0`) means something on one machine alone.
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
 * The name of a host: `ip-10-0-0-1.<zone>`, as EC2 names its instances and ecssd their records; and for version 6
 * `ip6-fd00-0-0-0-0-0-0-1.<zone>`, all eight groups, so that no two addresses share one. Undefined for what is no
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
 * The address that a name says in its first label, whatever its domain: ecssd's targets are in that of EC2. Undefined
 * when it says none.
 */
export const addressIn = (name: string): string | undefined => {
  const [label = ''] = name.split('.', 1)
  const [, a, b, c, d] = labelV4.exec(label) ?? []
  if (d !== undefined) return canonicalAddress([a, b, c, d].join('.'))
  const groups = labelV6.exec(label)?.[1]
  return groups === undefined ? undefined : canonicalAddress(groups.slice(1).replaceAll('-', ':'))
}
