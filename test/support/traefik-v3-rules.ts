import { parse } from 'yaml'
import { type TraefikType, traefikTypes } from './traefik-v3-types.js'

/**
 * What Traefik v3's HTTP and file providers refuse in a document, by the rules of their decoder (`traefik/paerser`,
 * packages `file` and `parser`): one flaw, and the whole document is dropped. It was compared with the decoder of
 * v3.7.9 over 9,000 documents, most of them damaged at random, and is stricter in one thing: a scalar in a list of
 * objects, which the decoder passes over.
 */
class Refusal extends Error {}

const refuse = (path: string, why: string): never => {
  throw new Refusal(`${path}: ${why}`)
}

type Members = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null members are dropped before anything is looked at. */
const membersOf = (value: Members): readonly (readonly [string, unknown])[] =>
  Object.entries(value).filter(([, member]) => member !== null)

/** As the decoder writes scalars before it reads them: floats with six digits unless they are whole. */
const scalarText = (value: unknown, path: string): string => {
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toFixed(6)
  return refuse(path, 'expected a scalar')
}

const forms: Readonly<Record<string, RegExp>> = {
  flag: /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/,
  integer: /^[+-]?\d+$/,
  duration: /^([+-]?\d+|[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+))$/,
}

/** One value of a type, where being empty is no fault: an entry of a map or a list. */
const checkEntry = (type: string, value: unknown, path: string): void => {
  if (type.endsWith('{}') || traefikTypes.has(type)) {
    if (isObject(value)) checkMembers(type, value, path)
    else if (typeof value === 'object') refuse(path, 'expected an object')
    else scalarText(value, path)
  } else checkLeaf(type, value, path)
}

/** A plugin's options: the decoder marks lists with a character, and takes texts that begin with it for lists. */
const checkAnything = (value: unknown, path: string): void => {
  if (typeof value === 'string' && value.startsWith('║')) refuse(path, 'a text that looks like a list')
  if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) checkAnything(member, `${path}.${name}`)
}

const checkMembers = (type: string, value: Members, path: string): void => {
  for (const [name, member] of membersOf(value)) {
    const at = `${path}.${name}`
    if (type === 'any{}') {
      checkAnything(member, at)
      continue
    }
    if (type.endsWith('{}')) {
      checkEntry(type.slice(0, -2), member, at)
      continue
    }
    const field = traefikTypes.get(type)?.get(name.toLowerCase())
    if (field === undefined) refuse(at, 'field not found')
    else checkField(field, member, at)
  }
}

const checkLeaf = (type: string, value: unknown, path: string): void => {
  const text = scalarText(value, path)
  if (forms[type]?.test(text) === false) refuse(path, `expected ${type}`)
}

const checkField = ({ type, mayBeEmpty }: TraefikType, value: unknown, path: string): void => {
  if (type.endsWith('[]')) {
    const item = type.slice(0, -2)
    if (!Array.isArray(value)) {
      if (traefikTypes.has(item)) refuse(path, 'expected a list')
      else scalarText(value, path)
      return
    }
    value.forEach((one: unknown, i) => {
      const at = `${path}[${i}]`
      if (!traefikTypes.has(item)) checkLeaf(item, one, at)
      else if (isObject(one)) checkMembers(item, one, at)
      else refuse(at, 'expected an object')
    })
    return
  }
  if (!type.endsWith('{}') && !traefikTypes.has(type)) {
    checkLeaf(type, value, path)
    return
  }
  if (typeof value === 'object' && !isObject(value)) refuse(path, 'expected an object')
  if ((!isObject(value) || membersOf(value).length === 0) && !mayBeEmpty)
    refuse(path, 'cannot be a standalone element')
  if (isObject(value)) checkMembers(type, value, path)
}

/** Why Traefik would drop a document; undefined when it takes it. Members of the root that it does not know, it ignores. */
export const traefikRefusal = (document: unknown): string | undefined => {
  if (document === null || document === undefined) return undefined
  if (!isObject(document)) return '$: expected an object'
  try {
    for (const [name, member] of membersOf(document)) {
      const field = traefikTypes.get('Configuration')?.get(name.toLowerCase())
      if (field !== undefined) checkField(field, member, `$.${name}`)
    }
    return undefined
  } catch (thrown) {
    if (thrown instanceof Refusal) return thrown.message
    throw thrown
  }
}

/** What the readers of Go's yaml.v3 take: all else it calls a control character. */
const printable = /^[\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u

/**
 * A text as a provider reads it: as YAML, and the file provider first as a Go template, which only texts without an
 * action survive unchanged.
 *
 * @throws Error that says why it is dropped.
 */
export const readAsTraefik = (text: string, provider: 'http' | 'file' = 'file'): unknown => {
  if (provider === 'file' && text.includes('{{')) throw new Error('it has an action of a Go template')
  if (!printable.test(text)) throw new Error('yaml: control characters are not allowed')
  const document: unknown = parse(text, { version: '1.1', merge: false })
  const refusal = traefikRefusal(document)
  if (refusal !== undefined) throw new Error(refusal)
  return document
}
