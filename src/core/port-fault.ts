import type { ExposedPort } from './policy.js'

/** What no name may have: control characters, ends of lines, and halves of characters, which are no Unicode text. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029]/u
const half = /\p{Cs}/u

/** Tasks of one revision have their labels in common. */
const whole = new WeakMap<NonNullable<ExposedPort['labels']>, boolean>()

const areWhole = (labels: ExposedPort['labels']): boolean => {
  if (labels === undefined) return true
  const known = whole.get(labels)
  if (known !== undefined) return known
  const are = !Object.entries(labels).some(([name, value]) => half.test(name) || half.test(value))
  whole.set(labels, are)
  return are
}

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536

/** Names come from people: in a reason they are cut, and escaped. */
const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)

/**
 * Why a port cannot be offered anywhere, for people; `undefined` when it can. One such name or number, and a reader
 * may refuse the whole of a document that many backends share.
 */
export const portFault = ({ backend, container, port, weight, labels }: ExposedPort): string | undefined => {
  const of = `the port of container ${shown(container)}`
  if (backend === '' || unprintable.test(backend))
    return `${of}: expected a backend name of printable characters, got ${shown(backend)}`
  if (!isPort(port)) return `${of}: expected a port from 1 to 65535, got ${port}`
  if (weight !== undefined && !Number.isFinite(weight))
    return `${of}: expected a number for a weight, got ${weight}`
  return areWhole(labels) ? undefined : `${of}: expected labels of Unicode text, got half a character in one`
}
