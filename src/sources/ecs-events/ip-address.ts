/**
 * Validates addresses of tasks and their machines, to which traffic is sent. A sender of forged events must not be able
 * to point a load balancer, a probe or a scraper at the worker's own machine or at the instance metadata service.
 */
import { isIPv4, isIPv6 } from 'node:net'

/**
 * Whether a text is an IPv4 address that a task or a machine can have. Excludes "this" network (0/8), loopback (127/8),
 * link-local (169.254/16, with the metadata services of EC2 and ECS; ECS never routes to it), multicast (224/4) and
 * broadcast.
 */
export const isIpv4Address = (text: string): boolean => {
  if (!isIPv4(text) || text === '255.255.255.255' || text.startsWith('169.254.')) return false
  const first = Number.parseInt(text, 10)
  return first !== 0 && first !== 127 && (first < 224 || first >= 240)
}

/** Whether a text is an IPv4 loopback address. Only AWS responses may contain one: see `describedTask`. */
export const isLoopback = (text: string): boolean => isIPv4(text) && text.startsWith('127.')

/**
 * The canonical form of an IPv6 address (RFC 5952: lower case, compressed) that a task or a machine can have: global
 * unicast (2000::/3) or unique local (fc00::/7). Returns `undefined` for all others, including loopback, link-local,
 * unspecified, multicast, IPv4-mapped and translated addresses, and for fd00:ec2::/32, with EC2's metadata, DNS and
 * time services.
 */
export const ipv6Address = (text: string): string | undefined => {
  // A zone (`%eth0`) has a meaning on one machine only.
  if (!isIPv6(text) || text.includes('%')) return undefined
  const address = new URL(`http://[${text}]`).hostname.slice(1, -1)
  if (address.startsWith('fd00:ec2:')) return undefined
  // `::…` gives NaN here, and is rejected.
  const first = Number.parseInt(address, 16)
  return (first & 0xe000) === 0x2000 || (first & 0xfe00) === 0xfc00 ? address : undefined
}
