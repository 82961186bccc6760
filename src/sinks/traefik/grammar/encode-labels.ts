import type { LabelElements } from './decode-labels.js'
import { partsOfKey } from './element.js'
import type { Field } from './field.js'
import { grammar } from './grammar.js'
import { isJsonArray, isJsonObject, type Json } from '../../../shared/codec/json.js'

type Label = readonly [key: string, value: string]

/** A list of one empty text is written as a space, because an empty label is an empty list. */
const listed = (texts: readonly Json[]): string => {
  const list = texts.map((item) => (typeof item === 'string' ? item : '')).join(',')
  return list === '' && texts.length > 0 ? ' ' : list
}

const labelsOf = (key: string, field: Field | undefined, value: Json): readonly Label[] => {
  if (isJsonObject(value)) {
    const entries = Object.entries(value)
    // Labels cannot express a section that is meaningless when empty.
    if (entries.length === 0) return field?._tag === 'Section' && !field.standalone ? [] : [[key, 'true']]
    return entries.flatMap(([name, inner]) => {
      const known = field?._tag === 'Section' ? field.fields.get(name.toLowerCase()) : undefined
      const of = field?._tag === 'Table' ? field.value : (known?.field ?? field)
      return labelsOf(`${key}.${known === undefined ? name : name.toLowerCase()}`, of, inner)
    })
  }
  if (!isJsonArray(value)) return [[key, String(value ?? '')]]
  return field?._tag === 'Texts'
    ? [[key, listed(value)]]
    : value.flatMap((item, i) => labelsOf(`${key}[${i}]`, field?._tag === 'List' ? field.item : field, item))
}

/**
 * Labels that `decodeLabels` reads as these elements. Keys are in lower case, except for user-defined names. A plain
 * load balancer without options needs no labels.
 */
export const encodeLabels = (elements: LabelElements): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...elements].flatMap(([key, element]) => {
      const [section, kind = '', name = ''] = partsOfKey(key)
      const label = `traefik.${section}.${kind.toLowerCase()}.${name}`
      return Object.keys(element).length === 0
        ? [[label, 'true'] as const]
        : labelsOf(label, grammar[section]?.[kind], element)
    }),
  )
