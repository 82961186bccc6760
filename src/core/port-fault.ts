import type { ExposedPort } from './policy.js'

/** Characters that no name may contain: control characters, line ends and lone surrogates. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029]/u
const half = /\p{Cs}/u

/** A cache by identity: tasks of one revision share their labels. */
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

/** Names come from users, so messages truncate and escape them. */
const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)

/**
 * Why a port cannot be exposed in any target, for people; `undefined` if it can. One invalid name or number could make
 * a reader reject a whole document that many backends share.
 */
export const portFault = ({ backend, container, port, weight, labels }: ExposedPort): string | undefined => {
  const of = `the port of container ${shown(container)}`
  if (backend === '' || unprintable.test(backend))
    return `${of}: expected a backend name of printable characters, got ${shown(backend)}`
  if (!isPort(port)) return `${of}: expected a port from 1 to 65535, got ${port}`
  if (weight !== undefined && !Number.isFinite(weight))
    return `${of}: expected a number as weight, got ${weight}`
  return areWhole(labels)
    ? undefined
    : `${of}: expected labels of well-formed Unicode text, got a lone surrogate in one`
}
