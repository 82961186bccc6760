/** What the decoders of events take from `node:net`, for browsers: esbuild puts it in its place. A test compares them. */

const byte = '(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])'
const v4 = new RegExp(`^${byte}(?:\\.${byte}){3}$`)

export const isIPv4 = (text: string): boolean => v4.test(text)

const isGroup = (text: string): boolean => /^[\da-f]{1,4}$/i.test(text)

/** The number of groups of 16 bits in a part of an address; `undefined` if it is none. */
const groupsIn = (part: string, mayEndWithV4: boolean): number | undefined => {
  if (part === '') return 0
  const groups = part.split(':')
  const last = groups.at(-1) ?? ''
  const endsWithV4 = mayEndWithV4 && last.includes('.')
  if (endsWithV4 && !isIPv4(last)) return undefined
  const plain = endsWithV4 ? groups.slice(0, -1) : groups
  return plain.every(isGroup) ? plain.length + (endsWithV4 ? 2 : 0) : undefined
}

export const isIPv6 = (text: string): boolean => {
  const [address = '', zone] = text.split(/%(.*)/s)
  if (zone !== undefined && !/^[\dA-Za-z.:-]+$/.test(zone)) return false
  const halves = address.split('::')
  const [head = '', tail] = halves
  if (halves.length > 2) return false
  if (tail === undefined) return groupsIn(head, true) === 8
  const [before, after] = [groupsIn(head, false), groupsIn(tail, true)]
  return before !== undefined && after !== undefined && before + after <= 7
}
