/** Redis keys and values as an element, by the rules of Traefik's KV provider. Pure. */
import { flagOf } from '../grammar/decode-labels.js'
import type { Element, ElementKey } from '../grammar/element.js'
import type { Field, Section } from '../grammar/field.js'
import { isJsonArray, isJsonObject, type Json } from '../../../shared/codec/json.js'
import { comparePairs, fieldOf, isIndex, type Pair, placeIn } from './path.js'

interface Node {
  /** As first written. */
  readonly name: string
  value: string | undefined
  /** By name in lower case: parts that differ only by case are one. */
  readonly children: Map<string, Node>
}

const nodeOf = (name: string): Node => ({ name, value: undefined, children: new Map() })

const treeOf = (pairs: readonly Pair[]): Node => {
  const root = nodeOf('')
  for (const [path, value] of [...pairs].sort(comparePairs)) {
    let node = root
    for (const name of placeIn(path)?.rest ?? []) {
      const child = node.children.get(name.toLowerCase()) ?? nodeOf(name)
      node.children.set(name.toLowerCase(), child)
      node = child
    }
    node.value = value
  }
  return root
}

const itemsOf = ({ children }: Node): readonly Node[] =>
  [...children.values()].filter(({ name }) => isIndex(name))

/** A list of texts, in one key or one key per item. */
const textsOf = (node: Node): readonly string[] => {
  const items = itemsOf(node).flatMap(({ value }) => value ?? [])
  const text = items.length > 0 ? items.join(',') : (node.value ?? '')
  return text === '' ? [] : text.split(',').map((item) => item.trim())
}

/** What no label can express: verbatim, key by key. */
const verbatim = (node: Node): Json =>
  node.children.size === 0
    ? (node.value ?? '')
    : Object.fromEntries([...node.children.values()].map((child) => [child.name, verbatim(child)]))

/** A plugin's options: texts, lists and objects. */
const freeOf = (node: Node): Json => {
  if (node.children.size === 0) return node.value ?? ''
  const items = itemsOf(node)
  if (items.length < node.children.size)
    return Object.fromEntries([...node.children.values()].map((child) => [child.name, freeOf(child)]))
  return items.every(({ children }) => children.size === 0) ? textsOf(node).join(',') : items.map(freeOf)
}

const integerOf = (text: string): Json => {
  const number = Number(text)
  return Number.isSafeInteger(number) && String(number) === text ? number : text
}

const sectionOf = ({ fields, standalone }: Section, node: Node): Json | undefined => {
  if (standalone && node.value !== undefined && node.value.toLowerCase() !== 'true') return undefined
  const server = fields.get('server')?.field
  const members = [...node.children.values()].flatMap((child) => {
    const folded = child.name.toLowerCase()
    if (server !== undefined && folded === 'servers') return []
    const known = fields.get(folded)
    const value = valueOf(child, known?.field)
    return value === undefined ? [] : [[known?.name ?? child.name, value] as const]
  })
  if (server !== undefined) {
    const list = node.children.get('servers')
    const servers = list === undefined ? [] : itemsOf(list).map((item) => valueOf(item, server) ?? {})
    return Object.fromEntries([...members, ['servers', servers]])
  }
  if (members.length > 0 || standalone) return Object.fromEntries(members)
  return node.children.size === 0 ? node.value : undefined
}

/** `undefined` for an empty value. */
function valueOf(node: Node, field: Field | undefined): Json | undefined {
  const { value } = node
  switch (field?._tag) {
    case 'Section':
      return sectionOf(field, node)
    case 'Unlabelled':
      return sectionOf(field.field, node)
    case 'List':
      return itemsOf(node).flatMap((item) => valueOf(item, field.item) ?? [])
    case 'Table':
      if (node.children.size === 0) return value
      return Object.fromEntries(
        [...node.children.values()].flatMap((child) => {
          const isBare = field.value._tag === 'Free' && child.children.size === 0
          const entry = isBare ? {} : valueOf(child, field.value)
          return entry === undefined ? [] : [[child.name, entry] as const]
        }),
      )
    case 'Texts':
      return textsOf(node)
    case 'Free':
      return freeOf(node)
    case 'Flag':
      return value === undefined ? verbatim(node) : (flagOf(value) ?? value)
    case 'Integer':
      return value === undefined ? verbatim(node) : integerOf(value)
    case 'Text':
    case 'Duration':
    case 'Ignored':
    case undefined:
      return verbatim(node)
  }
}

/**
 * The element that Traefik reads from these keys, which must be all with its path as their prefix, in any order. Keys
 * that no label can express become texts, verbatim.
 */
export const parse = (key: ElementKey, pairs: readonly Pair[]): Element => {
  const root = treeOf(pairs.filter(([, value]) => value !== ''))
  if (root.children.size === 0) return {}
  const field = fieldOf(key)
  const value = field?._tag === 'Section' ? sectionOf(field, root) : verbatim(root)
  return isJsonObject(value) || isJsonArray(value) ? value : {}
}
