import type { Answer } from 'dns-packet'
import { isIPv4, isIPv6 } from 'node:net'
import { DnsFault, domainName } from './dns-domain-name.js'

/** A value in the form that `dns-packet` takes. */
export type RecordData = Answer extends infer Each
  ? Each extends { data: infer Data }
    ? Data
    : never
  : never

/** Types that Route 53 supports and this name server does not: their records are never answered. */
const unspoken: readonly string[] = ['DS', 'HTTPS', 'NAPTR', 'SPF', 'SSHFP', 'SVCB', 'TLSA']

/** The types of Route 53. */
export const recordTypes: readonly string[] = [
  ...['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'],
  ...unspoken,
]

/**
 * Parses the `Value` of a record; undefined if this name server cannot answer with it.
 *
 * @throws {DnsFault} if the value is invalid for its type.
 */
export const recordData = (type: string, value: string): RecordData | undefined => {
  switch (type) {
    case 'A':
      if (isIPv4(value)) return value
      throw new DnsFault('ARRDATAIllegalIPv4Address', 'Value is not a valid IPv4 address', value)
    case 'AAAA':
      if (isIPv6(value) && !value.includes('%')) return value
      throw new DnsFault('AAAARRDATAIllegalIPv6Address', 'Value is not a valid IPv6 address', value)
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return wireName(value)
    case 'SRV':
      return serviceData(value)
    case 'MX':
      return exchangeData(value)
    case 'SOA':
      return authorityData(value)
    case 'TXT':
      return characterStrings(value)
    case 'CAA':
      return authorizationData(value)
    default:
      return undefined
  }
}

/** `dns-packet` takes labels without escapes. */
export const wireName = (text: string): string => domainName(text).labels.join('.')

/** The fault for a value that is invalid for its type. AWS does not publish Route 53's messages for these. */
const illegal = (type: string, format: string, value: string): DnsFault =>
  new DnsFault(`${type}RRDATAIllegalFormat`, `Value should be: ${format}`, value)

const unsigned = (text: string, most: number): number | undefined =>
  /^\d{1,10}$/.test(text) && Number(text) <= most ? Number(text) : undefined

/** Whole numbers and names, separated by one space. */
const fields = (type: string, format: string, value: string): { numbers: number[]; names: string[] } => {
  const kinds = format.split(' ')
  const texts = value.split(' ')
  const most = type === 'SOA' ? 2 ** 32 - 1 : 65_535
  const isNumber = (kind: string | undefined): boolean => kind?.endsWith('name') === false
  const numbers = texts.filter((_, at) => isNumber(kinds[at])).flatMap((text) => unsigned(text, most) ?? [])
  const names = texts.filter((_, at) => !isNumber(kinds[at]))
  if (texts.length !== kinds.length || names.includes('') || numbers.length + names.length !== kinds.length)
    throw illegal(type, format, value)
  return { numbers, names: names.map(wireName) }
}

const serviceData = (value: string): RecordData => {
  const { numbers, names } = fields('SRV', 'priority weight port hostname', value)
  const [priority = 0, weight = 0, port = 0] = numbers
  return { priority, weight, port, target: names.join() }
}

const exchangeData = (value: string): RecordData => {
  const { numbers, names } = fields('MX', 'preference hostname', value)
  return { preference: numbers[0] ?? 0, exchange: names.join() }
}

const authorityData = (value: string): RecordData => {
  const format = 'mname rname serial refresh retry expire minimum'
  const { numbers, names } = fields('SOA', format, value)
  const [serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0] = numbers
  const [mname = '', rname = ''] = names
  return { mname, rname, serial, refresh, retry, expire, minimum }
}

const authorizationData = (value: string): RecordData => {
  const [, flags = '', tag, target = ''] = /^(\d+) ([a-z0-9]+) "(.*)"$/.exec(value) ?? []
  const number = unsigned(flags, 255)
  if (number === undefined || (tag !== 'issue' && tag !== 'issuewild' && tag !== 'iodef'))
    throw illegal('CAA', 'flags tag "value"', value)
  return { flags: number, tag, value: target }
}

/** A string in quotes, of printable ASCII, in which a backslash escapes a quote, a backslash, or three octal digits. */
const quoted = String.raw`"(?:[ !#-\[\]-~]|\\(?:["\\]|[0-3][0-7]{2}))*"`
const quotedStrings = new RegExp(`^${quoted}(?: +${quoted})*$`)

/** One or more such strings of up to 255 bytes. */
const characterStrings = (value: string): Buffer[] => {
  if (!quotedStrings.test(value))
    throw new DnsFault('InvalidCharacterString', 'Value should be enclosed in quotation marks', value)
  const strings = (value.match(new RegExp(quoted, 'g')) ?? []).map((text) =>
    Buffer.from(
      text
        .slice(1, -1)
        .replace(/\\(["\\]|[0-7]{3})/g, (_, code: string) =>
          code.length === 3 ? String.fromCharCode(parseInt(code, 8)) : code,
        ),
      'latin1',
    ),
  )
  if (strings.some(({ length }) => length > 255))
    throw new DnsFault('CharacterStringTooLong', 'Value is too long', value)
  return strings
}
