/**
 * Our marks in a zone: TXT records beside what they speak of, in the form of external-dns's registry, with a heritage
 * of our own. Pure.
 *
 * - `srv-_calc._tcp.<zone>`: whose the SRV records of a name are, and what they are, as a hash:
 *   `"heritage=ecs-task-stream,ecs-task-stream/owner=me,ecs-task-stream/sets=uT5aQ0cE"`. The name is external-dns's
 *   too. It looks there and ignores our heritage; and since a TXT record cannot be created twice, of the two only one
 *   can ever claim a name. At the very name a TXT record may mean something to those who ask for it (RFC 6763).
 * - `ip-10-0-0-1.<zone>`: which names lead to a host, those of all owners:
 *   `"heritage=ecs-task-stream,ecs-task-stream/users=Zx1-8d_k.uT5aQ0cE"`. At the host's own name, so that one answer
 *   tells both its addresses and who uses them, as they are at one moment.
 */
import { createHash } from 'node:crypto'
import type { DnsName } from './dns-name.js'
import type { Owner } from '../../core/sink.js'
import { contentOf, type RecordSet } from './record-set.js'

const heritage = 'ecs-task-stream'
/** Seconds. Nobody resolves them. */
export const markTtl = 300
/** The DNS allows as many bytes a string; a TXT value has as many strings as it takes. */
const longestString = 255

export const ownerMarkName = (service: DnsName): DnsName => `srv-${service}`

const ownerField = `${heritage}/owner`
const setsField = `${heritage}/sets`
const usersField = `${heritage}/users`
/** What a mark says beside its heritage: fields in their order. */
type Fields = ReadonlyMap<string, string>

/** As the value of a TXT record: strings in quotes. The text is ASCII without quotes, backslashes and commas. */
const quoted = (text: string): string =>
  (text.match(new RegExp(`.{1,${longestString}}`, 'g')) ?? ['']).map((part) => `"${part}"`).join(' ')

const unquoted = (value: string): string =>
  Array.from(value.matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, part = '']) => part).join('')

const formatFields = (fields: Fields): string =>
  quoted([`heritage=${heritage}`, ...Array.from(fields, ([key, value]) => `${key}=${value}`)].join(','))

/** Undefined when it is not our heritage. */
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

/** What has a meaning in a mark or a TXT value is escaped; what owners usually have in them stays legible. */
const encoded = (owner: Owner): string =>
  encodeURIComponent(owner).replace(/%(2F|2B|3A|40)/g, (escape) => decodeURIComponent(escape))

const decoded = (text: string): Owner | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The SRV records of a name, as their mark has them. */
export const digestOf = (sets: readonly RecordSet[]): string =>
  createHash('sha256').update(sets.map(contentOf).sort().join('\n')).digest('base64url').slice(0, 8)

/** `mark`: the one that is replaced, whose other fields stay. */
export const formatOwner = (owner: Owner, digest: string, mark?: RecordSet): string =>
  formatFields(
    new Map([...((mark && fieldsOf(mark)) ?? []), [ownerField, encoded(owner)], [setsField, digest]]),
  )

/** Who a mark says to be the owner. What is no mark of ours is somebody else's: never ours, and never nobody's. */
export const ownerIn = (mark: RecordSet): Owner => {
  const owner = fieldsOf(mark)?.get(ownerField)
  return (owner === undefined ? undefined : decoded(owner)) ?? `somebody else (${mark.values.join(' ')})`
}

/** Undefined when the mark does not say. */
export const digestIn = (mark: RecordSet): string | undefined => fieldsOf(mark)?.get(setsField)

/**
 * A name that leads to a host: 48 bits of a hash, since a value has room for 4,000 characters, and a host for many.
 */
export type User = string

export const userOf = (owner: Owner, service: DnsName): User =>
  createHash('sha256').update(`${owner}\n${service}`).digest('base64url').slice(0, 8)

/** Undefined when it is no mark of ours. */
export const usersIn = (mark: RecordSet): ReadonlySet<User> | undefined => {
  const users = fieldsOf(mark)?.get(usersField)
  return users === undefined ? undefined : new Set(users.split('.').filter((user) => user !== ''))
}

/** `mark`: the one that is replaced, whose other fields stay. */
export const formatUsers = (users: ReadonlySet<User>, mark?: RecordSet): string =>
  formatFields(new Map([...((mark && fieldsOf(mark)) ?? []), [usersField, [...users].sort().join('.')]]))
