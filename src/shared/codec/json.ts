/** JSON values. Equal values have equal `canonicalText`. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

export interface JsonObject {
  readonly [key: string]: Json
}

export const isJsonObject = (json: Json | undefined): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

export const isJsonArray = (json: Json | undefined): json is readonly Json[] => Array.isArray(json)

/** Whether a value can be represented in JSON, as every result of `JSON.parse` can. */
export const isJson = (u: unknown): u is Json =>
  u === null ||
  typeof u === 'boolean' ||
  typeof u === 'string' ||
  (typeof u === 'number' && Number.isFinite(u)) ||
  (typeof u === 'object' && Object.values(u).every(isJson))

// A cache: values are immutable, and most of them are shared between consecutive documents.
const texts = new WeakMap<JsonObject | readonly Json[], string>()

const textOf = (json: JsonObject | readonly Json[]): string => {
  if (!isJsonObject(json)) return `[${json.map(canonicalText).join(',')}]`
  const members = Object.keys(json)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalText(json[key] ?? null)}`)
  return `{${members.join(',')}}`
}

/** JSON without spaces, with the keys of objects sorted by UTF-16 code units. */
export const canonicalText = (json: Json): string => {
  if (typeof json !== 'object' || json === null) return JSON.stringify(json)
  const known = texts.get(json)
  if (known !== undefined) return known
  const text = textOf(json)
  texts.set(json, text)
  return text
}
