/**
 * Addresses of tasks and their machines: what traffic may be sent to. Whoever can send an event must not be able to
 * point a load balancer, a probe or a scraper at the worker's own machine or at the instance metadata service.
 */
import { isIPv4, isIPv6 } from 'node:net'

/**
 * Whether a text is an IPv4 address that a task or a machine can have. Not: "this" network (0/8), loopback (127/8),
 * link-local (169.254/16, where the metadata services of EC2 and ECS are; ECS never routes to it), multicast (224/4)
 * and broadcast.
 */
export const isIpv4Address = (text: string): boolean => {
  if (!isIPv4(text) || text === '255.255.255.255' || text.startsWith('169.254.')) return false
  const first = Number.parseInt(text, 10)
  return first !== 0 && first !== 127 && (first < 224 || first >= 240)
}

/** Whether a text is an IPv4 loopback address. Only answers of AWS may tell one: see `describedTask`. */
export const isLoopback = (text: string): boolean => isIPv4(text) && text.startsWith('127.')

/**
 * The address in its canonical form (RFC 5952: lower case, compressed), if it is one that a task or a machine can
 * have: global unicast (2000::/3) or unique local (fc00::/7). All else is refused, and so loopback, link-local,
 * unspecified, multicast, IPv4-mapped and translated addresses are. fd00:ec2::/32 is where EC2 has its metadata
 * service, DNS and time.
 */
export const ipv6Address = (text: string): string | undefined => {
  // A zone (`%eth0`) means something on one machine alone.
  if (!isIPv6(text) || text.includes('%')) return undefined
  const address = new URL(`http://[${text}]`).hostname.slice(1, -1)
  if (address.startsWith('fd00:ec2:')) return undefined
  // `::…` begins with no number, and is neither.
  const first = Number.parseInt(address, 16)
  return (first & 0xe000) === 0x2000 || (first & 0xfe00) === 0xfc00 ? address : undefined
}
