import * as E from 'fp-ts/lib/Either.js'
import type { DnsName } from './dns-name.js'

/** RFC 1035, 2.3.4. */
const longestLabel = 63
/** As text. The 255 octets of RFC 1035 count one more for each label, and one for the root. */
const longestName = 253

const faultOf = (label: string): string | undefined => {
  if (label === '') return 'it has an empty label: labels are separated by one dot'
  if (label.length > longestLabel)
    return `its label "${label.slice(0, 16)}…" has ${label.length} characters, and the DNS allows ${longestLabel}`
  if (!/^[A-Za-z0-9_-]+$/.test(label))
    return `its label "${label}" has other characters than letters, digits, "-" and "_"`
  if (label.startsWith('-') || label.endsWith('-')) return `its label "${label}" begins or ends with "-"`
  return undefined
}

/**
 * The canonical form of a name, or why it is none: a clause about the name, such as `it has an empty label: …`.
 *
 * `within`: the name of a zone in canonical form. The text is then a name relative to it, and the answer is the whole
 * name, which must not be longer than the DNS allows; the last dot, which makes a name absolute, is refused. Otherwise
 * one last dot is dropped.
 */
export const canonicalName = (text: string, within?: DnsName): E.Either<string, DnsName> => {
  if (text === '') return E.left('it is empty')
  if (within !== undefined && text.endsWith('.'))
    return E.left(`it ends with a dot, which makes it absolute: leave it out, ${within} is added`)
  // Of a text that is far too long nothing is looked at: it may be of any size.
  const tooLong = (length: number): E.Either<string, never> =>
    E.left(
      `it has ${length} characters${within === undefined ? '' : ` within ${within}`}, and the DNS allows ${longestName}`,
    )
  const relative = text.endsWith('.') ? text.slice(0, -1) : text
  const whole = within === undefined ? relative : `${relative}.${within}`
  if (whole.length > longestName) return tooLong(whole.length)
  for (const label of relative.split('.')) {
    const fault = faultOf(label)
    if (fault !== undefined) return E.left(fault)
  }
  // Not before: outside ASCII, the lower case of a letter that is none of ours may be one of ours.
  return E.right(whole.toLowerCase())
}
