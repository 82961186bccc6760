import { hostIn } from '../host-in.js'

/** Where a task can be reached. */
export interface Place {
  readonly host: string
  readonly ipv6: string | undefined
  readonly port: number
}

/** The host of a place as a record shows it: an address, a URL, or a bare host. */
export const hostOfText = (text: string): string =>
  // A bare IPv6 address would be read as a host with a port.
  /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*$/i.test(text) ? text : (hostIn(text) ?? text)

/** The port after this host in such a text. */
export const portOfText = (text: string, host: string): number | undefined => {
  const port = /^\]?:(\d+)/.exec(text.slice(text.indexOf(host) + host.length))?.[1]
  return port === undefined ? undefined : Number(port)
}

/** Whether the text has a port after this host. */
export const hasPort = (text: string, host: string): boolean => portOfText(text, host) !== undefined

/** Whether a place of a record is this one. A bare host is that of all its ports. */
export const leadsTo = (text: string, { host, ipv6, port }: Place): boolean => {
  // Most places are elsewhere, and reading them costs more than this.
  if (!text.includes(host) && (ipv6 === undefined || !text.includes(ipv6))) return false
  const found = hostOfText(text)
  if (found !== host && found !== ipv6) return false
  const shown = portOfText(text, found)
  return shown === undefined || shown === port
}

/** The places of a record, by host: their ports, and whether a bare host is among them. */
interface HostPlaces {
  readonly ports: Set<number>
  isBare: boolean
}

const byHost = (texts: readonly string[]): ReadonlyMap<string, HostPlaces> => {
  const hosts = new Map<string, HostPlaces>()
  for (const text of texts) {
    const host = hostOfText(text)
    const places = hosts.get(host) ?? { ports: new Set(), isBare: false }
    const port = portOfText(text, host)
    if (port === undefined) places.isBare = true
    else places.ports.add(port)
    hosts.set(host, places)
  }
  return hosts
}

/** Up to this many places are looked through faster than they are indexed. */
const fewPlaces = 8

/** A record may be a document with every endpoint there is, and each of them is looked for in it. */
const indexed = new WeakMap<readonly string[], ReadonlyMap<string, HostPlaces>>()

const indexOf = (texts: readonly string[]): ReadonlyMap<string, HostPlaces> => {
  const known = indexed.get(texts)
  if (known !== undefined) return known
  const made = byHost(texts)
  indexed.set(texts, made)
  return made
}

/** Whether one of a record's places is this one. `texts`: never changed after that. */
export const isAmong = (texts: readonly string[] | undefined, place: Place): boolean => {
  if (texts === undefined) return false
  if (texts.length <= fewPlaces) return texts.some((text) => leadsTo(text, place))
  const { host, ipv6, port } = place
  const hosts = indexOf(texts)
  return [host, ipv6].some((one) => {
    const places = one === undefined ? undefined : hosts.get(one)
    return places !== undefined && (places.isBare || places.ports.has(port))
  })
}
