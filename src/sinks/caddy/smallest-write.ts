/** Several edits of a JSON document as one write of the smallest part that has them all. Pure. */
import { isJsonArray, isJsonObject, type Json } from '../../shared/codec/json.js'
import type { JsonPath } from './handlers.js'

export interface JsonEdit {
  readonly path: JsonPath
  readonly after: Json
}

export interface JsonWrite {
  readonly path: JsonPath
  readonly value: Json
}

const at = (json: Json, path: JsonPath): Json =>
  path.reduce<Json>((value, key) => {
    if (typeof key === 'number') return (isJsonArray(value) ? value[key] : undefined) ?? null
    return (isJsonObject(value) ? value[key] : undefined) ?? null
  }, json)

/** The document after an edit. Only what is on the path is copied. */
const edited = (json: Json, [key, ...rest]: JsonPath, after: Json): Json => {
  if (key === undefined) return after
  if (typeof key === 'number')
    return isJsonArray(json) ? json.map((item, i) => (i === key ? edited(item, rest, after) : item)) : json
  return isJsonObject(json) ? { ...json, [key]: edited(json[key] ?? null, rest, after) } : json
}

const common = (a: JsonPath, b: JsonPath): JsonPath => {
  const end = a.findIndex((key, i) => key !== b[i])
  return end < 0 ? a : a.slice(0, end)
}

/** Whether Caddy can find a key by a path: it divides paths at `/`, and has a meaning of its own for `...`. */
const isAddressable = (key: string | number): boolean =>
  typeof key === 'number' || (key !== '' && !key.includes('/') && !/^\.+$/.test(key))

/** There must be an edit. */
export const smallestWrite = (json: Json, edits: readonly JsonEdit[]): JsonWrite => {
  const shared = edits.map(({ path }) => path).reduce(common)
  const end = shared.findIndex((key) => !isAddressable(key))
  const path = end < 0 ? shared : shared.slice(0, end)
  const after = edits.reduce((document, edit) => edited(document, edit.path, edit.after), json)
  return { path, value: at(after, path) }
}
