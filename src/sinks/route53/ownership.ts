/**
 * Ownership records in a zone: TXT records beside the records they describe, in the format of external-dns's registry,
 * with a heritage of our own. Pure.
 *
 * - `srv-_calc._tcp.<zone>`: the owner of a name's SRV records, and a hash of these records:
 *   `"heritage=ecs-task-stream,ecs-task-stream/owner=me,ecs-task-stream/sets=uT5aQ0cE"`. external-dns uses the same
 *   name. It ignores our heritage; and since a TXT record cannot be created twice, only one of the two can claim a
 *   name. A TXT record at the name itself would mean something to clients that query it (RFC 6763).
 * - `ip-10-0-0-1.<zone>`: the names that point to a host, of all owners:
 *   `"heritage=ecs-task-stream,ecs-task-stream/users=Zx1-8d_k.uT5aQ0cE"`. It is at the host's own name, so that one
 *   answer has both the addresses and the users, consistently.
 */
import { createHash } from 'node:crypto'
import type { DnsName } from './dns-name.js'
import type { Owner } from '../../core/sink.js'
import { contentOf, type RecordSet } from './record-set.js'

const heritage = 'ecs-task-stream'
/** Seconds. These records are not meant to be resolved. */
export const ownershipTtl = 300
/** The DNS allows this many bytes per string; a TXT value may have several strings. */
const longestString = 255

export const ownershipName = (service: DnsName): DnsName => `srv-${service}`

const ownerField = `${heritage}/owner`
const setsField = `${heritage}/sets`
const usersField = `${heritage}/users`
/** The fields of an ownership record besides its heritage, in order. */
type Fields = ReadonlyMap<string, string>

/** As the value of a TXT record: quoted strings. The text is ASCII without quotes, backslashes and commas. */
const quoted = (text: string): string =>
  (text.match(new RegExp(`.{1,${longestString}}`, 'g')) ?? ['']).map((part) => `"${part}"`).join(' ')

const unquoted = (value: string): string =>
  Array.from(value.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, part = '']) => part).join('')

const formatFields = (fields: Fields): string =>
  quoted([`heritage=${heritage}`, ...Array.from(fields, ([key, value]) => `${key}=${value}`)].join(','))

/** Undefined if the heritage is not ours. */
const fieldsOf = ({ values }: RecordSet): Fields | undefined => {
  const [value, another] = values
  if (value === undefined || another !== undefined) return undefined
  const [first, ...rest] = unquoted(value).split(',')
  if (first !== `heritage=${heritage}`) return undefined
  return new Map(
    rest.map((field) => {
      const [key = '', ...text] = field.split('=')
      return [key, text.join('=')]
    }),
  )
}

/**
 * Escapes characters with a meaning in the format or in a TXT value. Characters that are usual in owners stay legible.
 */
const encoded = (owner: Owner): string =>
  encodeURIComponent(owner).replace(/%(2F|2B|3A|40)/g, (escape) => decodeURIComponent(escape))

const decoded = (text: string): Owner | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** A hash of a name's SRV records, for its ownership record. */
export const digestOf = (sets: readonly RecordSet[]): string =>
  createHash('sha256').update(sets.map(contentOf).sort().join('\n')).digest('base64url').slice(0, 8)

/** `ownership`: the ownership record that is replaced, whose other fields are kept. */
export const formatOwner = (owner: Owner, digest: string, ownership?: RecordSet): string =>
  formatFields(
    new Map([
      ...((ownership && fieldsOf(ownership)) ?? []),
      [ownerField, encoded(owner)],
      [setsField, digest],
    ]),
  )

/**
 * The owner that an ownership record names. A record with another heritage gives an unknown owner, never ours and never
 * none.
 */
export const ownerIn = (ownership: RecordSet): Owner => {
  const owner = fieldsOf(ownership)?.get(ownerField)
  return (owner === undefined ? undefined : decoded(owner)) ?? `unknown owner (${ownership.values.join(' ')})`
}

/** Undefined if the ownership record has no hash. */
export const digestIn = (ownership: RecordSet): string | undefined => fieldsOf(ownership)?.get(setsField)

/**
 * Identifies a name that points to a host: 48 bits of a hash, since a value has room for 4,000 characters, and a host
 * has many users.
 */
export type User = string

export const userOf = (owner: Owner, service: DnsName): User =>
  createHash('sha256').update(`${owner}\n${service}`).digest('base64url').slice(0, 8)

/** Undefined if it is not one of our ownership records. */
export const usersIn = (ownership: RecordSet): ReadonlySet<User> | undefined => {
  const users = fieldsOf(ownership)?.get(usersField)
  return users === undefined ? undefined : new Set(users.split('.').filter((user) => user !== ''))
}

/** `ownership`: the ownership record that is replaced, whose other fields are kept. */
export const formatUsers = (users: ReadonlySet<User>, ownership?: RecordSet): string =>
  formatFields(
    new Map([...((ownership && fieldsOf(ownership)) ?? []), [usersField, [...users].sort().join('.')]]),
  )
