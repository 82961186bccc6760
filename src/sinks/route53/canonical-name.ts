import * as E from 'fp-ts/lib/Either.js'
import type { DnsName } from './dns-name.js'

/** RFC 1035, 2.3.4. */
const longestLabel = 63
/** As text. RFC 1035's 255 octets count one more per label, and one for the root. */
const longestName = 253

const faultOf = (label: string): string | undefined => {
  if (label === '') return 'it has an empty label: labels are separated by one dot'
  if (label.length > longestLabel)
    return `its label "${label.slice(0, 16)}…" has ${label.length} characters, and the DNS allows ${longestLabel}`
  if (!/^[A-Za-z0-9_-]+$/.test(label))
    return `its label "${label}" has characters other than letters, digits, "-" and "_"`
  if (label.startsWith('-') || label.endsWith('-')) return `its label "${label}" begins or ends with "-"`
  return undefined
}

/**
 * The canonical form of a name, or the reason why it is invalid: a clause about the name, such as `it has an empty
 * label: …`.
 *
 * `within`: a zone's name in canonical form. The text is then relative to the zone, and the result is the full name,
 * which must not exceed the DNS's limit. A trailing dot, which makes a name absolute, is refused. Without `within`, one
 * trailing dot is dropped.
 */
export const canonicalName = (text: string, within?: DnsName): E.Either<string, DnsName> => {
  if (text === '') return E.left('it is empty')
  if (within !== undefined && text.endsWith('.'))
    return E.left(`it ends with a dot, which makes it absolute: leave it out, ${within} is added`)
  // A text that is far too long is not examined further: it may have any size.
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
  // Not earlier: outside ASCII, an invalid letter may have a valid lower case.
  return E.right(whole.toLowerCase())
}
