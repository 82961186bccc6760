import { traefikTypes } from './traefik-v3-types.js'

/**
 * What Traefik v3's KV providers read in the keys of a store, by the rules of their decoder: `pkg/config/kv`, with
 * `traefik/paerser` and what `kvtools/redis` makes of keys without a text. Throws where Traefik does: one flaw, and
 * all of it is dropped. Written from that source alone, so that it is a second opinion on the sink's own reading.
 */
interface Node {
  readonly name: string
  value: string
  readonly children: Node[]
}

const fold = (name: string): string => name.toLowerCase()

const grow = (node: Node, [name, ...rest]: readonly string[], value: string): void => {
  if (name === undefined) {
    node.value = value
    return
  }
  let child = node.children.find((one) => fold(one.name) === fold(name))
  if (child === undefined) node.children.push((child = { name, value: '', children: [] }))
  grow(child, rest, value)
}

/** Texts under numbers become one text under the key above; keys beside the four sections are left out. */
const filtered = (
  keys: ReadonlyMap<string, string>,
  root: string,
): readonly (readonly [string, string])[] => {
  const simple = new Map<string, string>()
  const lists = new Map<string, string[]>()
  for (const [key, value] of [...keys].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === '') continue
    if (!['HTTP', 'TCP', 'UDP', 'TLS'].some((section) => fold(key).startsWith(fold(`${root}/${section}`))))
      continue
    const list = /^(.+)\/\d+$/.exec(key)?.[1]
    if (list === undefined) simple.set(key, value)
    else lists.set(list, [...(lists.get(list) ?? []), value])
  }
  for (const [key, texts] of lists) simple.set(key, texts.join(','))
  return [...simple].sort(([a], [b]) => (a < b ? -1 : 1))
}

const isStruct = (type: string): boolean => traefikTypes.has(type)
const isMap = (type: string): boolean => type.endsWith('{}')
const isList = (type: string): boolean => type.endsWith('[]')

const scalar = (type: string, { value }: Node): unknown => {
  switch (type) {
    case 'flag':
      if (!/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value))
        throw new Error(`strconv.ParseBool: parsing "${value}"`)
      return /^[1tT]/.test(value)
    case 'integer':
      if (!/^[+-]?\d+$/.test(value)) throw new Error(`strconv.ParseInt: parsing "${value}"`)
      return Number(value)
    case 'duration':
      if (!/^([+-]?\d+|[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+))$/.test(value))
        throw new Error(`time: invalid duration "${value}"`)
      return value
    default:
      return value
  }
}

const raw = (node: Node): unknown => {
  const [first] = node.children
  if (first === undefined) return node.value
  if (first.name.startsWith('[') && first.name.endsWith(']')) return node.children.map(raw)
  return Object.fromEntries(node.children.map((child) => [child.name, raw(child)]))
}

/** An entry of a map, or an item of a list: it may be empty. */
const entry = (type: string, node: Node): unknown => {
  if (type === 'any{}') return node.children.length === 0 ? {} : raw(node)
  if (isStruct(type)) return struct(type, node)
  if (isMap(type)) return map(type, node)
  return scalar(type, node)
}

const map = (type: string, node: Node): unknown =>
  Object.fromEntries(node.children.map((child) => [child.name, entry(type.slice(0, -2), child)]))

const struct = (type: string, node: Node): unknown => {
  const fields = traefikTypes.get(type)
  return Object.fromEntries(
    node.children.flatMap((child) => {
      const field = fields?.get(fold(child.name))
      if (field === undefined) return []
      const isDisabled = field.mayBeEmpty && child.value !== '' && fold(child.value) !== 'true'
      if (isDisabled && (isStruct(field.type) || isMap(field.type))) return []
      return [[fold(child.name), member(field.type, child)] as const]
    }),
  )
}

const member = (type: string, node: Node): unknown => {
  if (isStruct(type)) return struct(type, node)
  if (isMap(type)) return map(type, node)
  if (!isList(type)) return scalar(type, node)
  const item = type.slice(0, -2)
  if (isStruct(item)) return node.children.map((child) => struct(item, child))
  return node.value === ''
    ? []
    : node.value.split(',').map((value) => scalar(item, { ...node, value: value.trim() }))
}

/** The decoder's first pass, over what is disabled too: whether every key is a field, and has what it must. */
const checkMembers = (type: string, node: Node): void => {
  for (const child of node.children) {
    const field = traefikTypes.get(type)?.get(fold(child.name))
    if (field === undefined) throw new Error(`field not found, node: ${child.name}`)
    const of = field.type
    if (child.children.length > 0) checkField(of, child)
    else if ((isStruct(of) || isMap(of)) && !field.mayBeEmpty)
      throw new Error(`${child.name} cannot be a standalone element (type ${of})`)
  }
}

const checkField = (type: string, node: Node): void => {
  if (isStruct(type)) checkMembers(type, node)
  else if (!isMap(type) && !isList(type)) throw new Error(`invalid node ${node.name}: ${type}`)
  else if (type !== 'any{}')
    for (const child of node.children)
      if (type !== 'text{}' && type !== 'integer{}' && type !== 'any{}{}')
        checkMembers(type.slice(0, -2), child)
}

type Tree = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>

/** By section, kind and name; options in lower case. Throws an Error that says why Traefik drops it all. */
export const decodedAsTraefik = (keys: ReadonlyMap<string, string>, root = 'traefik'): Tree => {
  const tree: Node = { name: root, value: '', children: [] }
  for (const [key, value] of filtered(keys, root)) {
    if (!key.startsWith(`${root}/`)) throw new Error(`invalid label root ${root}`)
    const parts = key.slice(root.length + 1).split('/')
    grow(
      tree,
      parts.filter((part) => part !== '').map((part) => (/^\d+$/.test(part) ? `[${part}]` : part)),
      value,
    )
  }
  checkMembers('Configuration', tree)
  return struct('Configuration', tree) as Tree
}

/** Routers without the service that they name, in their own configuration: Traefik answers 404 for these. */
export const danglingRouters = (configuration: Tree): readonly string[] =>
  Object.entries(configuration).flatMap(([section, kinds]) =>
    Object.entries(kinds['routers'] ?? {}).flatMap(([name, router]) => {
      const { service } = router as { readonly service?: string }
      return service === undefined || kinds['services']?.[service] !== undefined ? [] : [`${section}/${name}`]
    }),
  )
