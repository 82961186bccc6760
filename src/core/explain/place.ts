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
  const found = hostOfText(text)
  if (found !== host && found !== ipv6) return false
  const shown = portOfText(text, found)
  return shown === undefined || shown === port
}

/** Whether one of a record's places is this one. */
export const isAmong = (texts: readonly string[] | undefined, place: Place): boolean =>
  texts?.some((text) => leadsTo(text, place)) === true
