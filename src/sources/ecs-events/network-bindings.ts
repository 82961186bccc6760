import type { Binding, Protocol } from '../../core/binding.js'
import { canonicalBindings } from '../../core/task.js'
import type { WireBinding } from './wire-task.js'

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536

/** TCP is the default of a port mapping. Other protocols have no ports to bind. */
const protocolOf = (protocol: string | null | undefined): Protocol | undefined => {
  switch (protocol ?? 'tcp') {
    case 'tcp':
      return 'tcp'
    case 'udp':
      return 'udp'
    default:
      return undefined
  }
}

/** The first and last port of a range such as `8000-8010`; NaN if it is not a range. */
const endsOf = (range: string): readonly [number, number] => {
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(range) ?? []
  return [Number(first), Number(last)]
}

/** `undefined` if no port is bound yet (host port 0), or the row is not understood. */
const bindingOf = (row: WireBinding): Binding | undefined => {
  const protocol = protocolOf(row.protocol)
  if (protocol === undefined) return undefined
  const { containerPort, hostPort, containerPortRange, hostPortRange } = row
  if (typeof containerPort === 'number' && typeof hostPort === 'number')
    return isPort(containerPort) && isPort(hostPort)
      ? { containerPort, hostPort, protocol, count: 1 }
      : undefined
  if (typeof containerPortRange !== 'string' || typeof hostPortRange !== 'string') return undefined
  const [first, last] = endsOf(containerPortRange)
  const [hostFirst, hostLast] = endsOf(hostPortRange)
  return [first, last, hostFirst, hostLast].every(isPort) &&
    last >= first &&
    hostLast - hostFirst === last - first
    ? { containerPort: first, hostPort: hostFirst, protocol, count: last - first + 1 }
    : undefined
}

/** One for all containers without bindings, which are those of awsvpc tasks. */
const none: readonly Binding[] = []

/** The bindings in `networkBindings`, in canonical form: the IPv4 and IPv6 rows of a port become one binding. */
export const bindingsOf = (rows: readonly WireBinding[]): readonly Binding[] =>
  rows.length === 0
    ? none
    : // What a filter returns has room for 17 items; a copy has none.
      canonicalBindings(rows.map(bindingOf).filter((binding) => binding !== undefined)).slice()
