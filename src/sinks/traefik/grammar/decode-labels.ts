import * as E from 'fp-ts/lib/Either.js'
import { describe } from '../../../shared/codec/decode-error.js'
import { type ElementKey, elementKey } from './element.js'
import type { Field, Section } from './field.js'
import { grammar, type Kind } from './grammar.js'
import type { Json, JsonObject } from '../../../shared/codec/json.js'
import { type LabelError, type LabelNode, labelTree } from './label-tree.js'

/** The elements that labels define, by key. A service has its only server under `loadBalancer.server`. */
export type LabelElements = ReadonlyMap<ElementKey, JsonObject>

/** The values of Go's `strconv.ParseBool`. */
const flags: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
])

/** Parses a boolean as written in a label: `true`, `1`, `T`; undefined if it is not one. */
export const flagOf = (text: string): boolean | undefined => flags.get(text)

const integerForm = /^[+-]?[0-9]{1,19}$/
const durationForm = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/

const DIVIDER = '║'

/** Go's white space; JavaScript's lacks U+0085 and has U+FEFF. */
const outerSpace = /^[\t-\r\u0085\p{Z}]+|[\t-\r\u0085\p{Z}]+$/gu

const trimmed = (text: string): string => text.replace(outerSpace, '')

const SHOWN_CHARACTERS = 240

const namesOf = (fields: Section['fields']): string => {
  const names = [...fields.values()].map(({ name }) => name).join(', ')
  return names.length <= SHOWN_CHARACTERS ? names : `${names.slice(0, SHOWN_CHARACTERS)}…`
}

/** Reads elements from a label tree, and collects faults. */
class LabelReader {
  readonly errors: LabelError[] = []
  readonly elements = new Map<ElementKey, JsonObject>()

  /** All elements of one kind. */
  kind(section: string, kinds: readonly (readonly [string, Kind])[], node: LabelNode): void {
    const [name, field] = kinds.find(([known]) => known.toLowerCase() === node.name.toLowerCase()) ?? []
    if (name === undefined || field === undefined) {
      const known = kinds.map(([kind]) => kind).join(', ')
      this.fail(node.label, `one of ${known} after "${section}"`, describe(node.name))
    } else if (node.children.length === 0) this.fail(node.label, `a name after "${node.name}"`, 'none')
    else if (field._tag === 'Section')
      for (const named of node.children)
        this.elements.set(elementKey(section, name, named.name), this.fields(field.fields, named))
  }

  /** `undefined` for a faulty or empty value. */
  read(field: Field, node: LabelNode): Json | undefined {
    switch (field._tag) {
      case 'Ignored':
      case 'Unlabelled':
        return undefined
      case 'Section':
        return this.section(field, node)
      case 'List':
        return this.list(field.item, node)
      case 'Table':
        return this.table(field.value, node)
      case 'Free':
        // A plugin without options.
        return node.children.length === 0 ? {} : this.free(node)
      case 'Text':
      case 'Texts':
      case 'Flag':
      case 'Integer':
      case 'Duration':
        return this.leaf(field, node)
    }
  }

  section({ fields, standalone, served }: Section, node: LabelNode): JsonObject | undefined {
    if (standalone && node.value !== undefined && node.value !== '' && node.value.toLowerCase() !== 'true')
      return undefined
    if (node.children.length === 0) {
      if (standalone) return {}
      return this.fail(node.label, `a key under it: ${namesOf(fields)}`, 'none')
    }
    const read = this.fields(fields, node)
    return standalone || served || Object.keys(read).length > 0 ? read : undefined
  }

  fields(fields: Section['fields'], node: LabelNode): JsonObject {
    return Object.fromEntries(
      node.children.flatMap((child) => {
        const known = fields.get(child.name.toLowerCase())
        if (known === undefined) {
          this.fail(child.label, `one of ${namesOf(fields)} after "${node.name}"`, describe(child.name))
          return []
        }
        const value = this.read(known.field, child)
        return value === undefined ? [] : [[known.name, value] as const]
      }),
    )
  }

  private list(item: Section, node: LabelNode): Json | undefined {
    if (node.children.length === 0)
      return this.fail(node.label, `numbered keys: ${node.name}[0].${namesOf(item.fields)}`, 'none')
    return node.children.flatMap((child) => {
      if (!/^\[\d+\]$/.test(child.name)) {
        this.fail(child.label, `a number in brackets after "${node.name}"`, describe(child.name))
        return []
      }
      const value = this.section(item, child)
      return value === undefined ? [] : [value]
    })
  }

  private table(field: Field, node: LabelNode): Json | undefined {
    if (node.children.length === 0) return this.fail(node.label, 'a name under it', 'none')
    const read = node.children.flatMap((child) => {
      const value = this.read(field, child)
      return value === undefined ? [] : [[child.name, value] as const]
    })
    return read.length === 0 ? undefined : Object.fromEntries(read)
  }

  /**
   * A plugin's options: texts, lists and objects. If a key has both a value and keys under it, the value is ignored.
   */
  private free(node: LabelNode): Json {
    const [first] = node.children
    if (first === undefined) {
      const { label, value = '' } = node
      return (value.includes(DIVIDER) ? this.divided(label) : value) ?? ''
    }
    if (first.name.startsWith('[')) return node.children.map((child) => this.free(child))
    return Object.fromEntries(node.children.map((child) => [child.name, this.free(child)]))
  }

  private leaf(
    { _tag }: Extract<Field, { _tag: 'Text' | 'Flag' | 'Integer' | 'Duration' | 'Texts' }>,
    { label, name, value = '', children }: LabelNode,
  ): Json | undefined {
    const [child] = children
    if (child !== undefined) return this.fail(child.label, `nothing after "${name}"`, describe(child.name))
    if (_tag === 'Texts' && value.includes(DIVIDER)) return this.divided(label)
    switch (_tag) {
      case 'Text':
        return value
      case 'Texts':
        return value === '' ? [] : value.split(',').map(trimmed)
      case 'Flag':
        return flagOf(value) ?? this.fail(label, 'true or false', describe(value))
      case 'Integer':
        return integerForm.test(value) && Number.isSafeInteger(Number(value))
          ? Number(value)
          : this.fail(label, 'an integer', describe(value))
      case 'Duration':
        return integerForm.test(value) || durationForm.test(value)
          ? value
          : this.fail(label, 'a duration such as 10s or 1m30s', describe(value))
    }
  }

  private divided(label: string): JsonObject | undefined {
    return this.fail(label, `no ${DIVIDER}, at which Traefik splits the lists of documents`, 'one')
  }

  fail(label: string, expected: string, received: string): JsonObject | undefined {
    this.errors.push({ label, expected, received })
    return undefined
  }
}

/** The labels that configure Traefik. It ignores others, such as `traefik.docker.network`. */
export const configuresTraefik = (label: string): boolean => {
  const key = label.toLowerCase()
  return ['traefik.http', 'traefik.tcp', 'traefik.udp', 'traefik.tls.stores.default'].some((prefix) =>
    key.startsWith(prefix),
  )
}

/** The elements that `traefik.*` labels define, as Traefik v3 reads them; or all faults in the labels. */
export const decodeLabels = (
  labels: Readonly<Record<string, string>>,
): E.Either<readonly LabelError[], LabelElements> => {
  const tree = labelTree(
    Object.fromEntries(Object.entries(labels).filter(([label]) => configuresTraefik(label))),
  )
  if (E.isLeft(tree)) return tree
  const reader = new LabelReader()
  for (const section of tree.right.children) {
    const kinds = Object.entries(grammar[section.name.toLowerCase()] ?? {})
    if (kinds.length === 0 || section.children.length === 0)
      reader.fail(
        section.label,
        'traefik.http, traefik.tcp or traefik.udp, and a key under it',
        describe(section.name),
      )
    else for (const kind of section.children) reader.kind(section.name.toLowerCase(), kinds, kind)
  }
  return reader.errors.length > 0 ? E.left(reader.errors) : E.right(reader.elements)
}
