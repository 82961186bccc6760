/** A parsed domain name: labels of bytes, in lower case, without the root's empty one. */
export interface DomainName {
  readonly labels: readonly string[]
  /** As Route 53 writes it: escaped, with the trailing dot. */
  readonly text: string
  /**
   * Route 53's sort key: the labels in reverse, each followed by a dot. Therefore `a-b` comes before `a`: the hyphen is
   * less than the dot.
   */
  readonly order: string
}

/** An invalid name or value, described in Route 53's words. */
export class DnsFault extends Error {
  override readonly name = 'DnsFault'
  constructor(code: string, explanation: string, culprit: string) {
    super(`FATAL problem: ${code} (${explanation}) encountered with '${culprit}'`)
  }
}

/**
 * Parses a name, with or without a trailing dot. Bytes that are not printable are written as `\ooo` in octal, and so
 * may any other be.
 *
 * @throws {DnsFault} for an invalid name.
 */
export const domainName = (text: string): DomainName => {
  const absolute = text.endsWith('.') && !text.endsWith('\\.') ? text.slice(0, -1) : text
  const labels = absolute === '' ? [] : labelsOf(absolute)
  for (const label of labels) {
    if (label === '') throw new DnsFault('DomainLabelEmpty', 'Domain label is empty', text)
    if (label.length > 63) throw new DnsFault('DomainLabelTooLong', 'Domain label is too long', text)
  }
  // On the wire: a length before each label, and the root.
  if (labels.reduce((sum, label) => sum + label.length + 1, 1) > 255)
    throw new DnsFault('DomainNameTooLong', 'Domain name is too long', text)
  return nameOf(labels)
}

/** The name that consists of these labels, which are valid. */
export const nameOf = (labels: readonly string[]): DomainName => ({
  labels,
  text: `${labels.map(escaped).join('.')}.`,
  order: `${[...labels].reverse().join('.')}.`,
})

/** Whether the name is the zone's own, or below it. */
export const isWithin = ({ labels }: DomainName, zone: DomainName): boolean =>
  labels.length >= zone.labels.length &&
  zone.labels.every((label, at) => label === labels[labels.length - zone.labels.length + at])

const labelsOf = (text: string): readonly string[] => {
  const labels: string[] = []
  let label = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '.') {
      labels.push(label)
      label = ''
    } else if (char === '\\') {
      const octal = /^[0-3][0-7]{2}/.exec(text.slice(at + 1, at + 4))?.[0]
      if (octal === undefined) throw unsupported(char)
      label += String.fromCharCode(parseInt(octal, 8))
      at += 3
    } else if (char > ' ' && char <= '~') {
      label += char
    } else {
      throw unsupported(char)
    }
  }
  return [...labels, label].map((each) => each.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
}

const unsupported = (char: string): DnsFault =>
  new DnsFault('UnsupportedCharacter', 'Value contains unsupported characters', char)

const escaped = (label: string): string =>
  label.replace(/[^a-z0-9_-]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
