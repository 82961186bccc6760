/** Caddy's configuration as a tree that its admin API reads and changes by paths. Pure. */
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/shared/codec/json.js'

/** What the admin API answers instead. */
export class AdminFailure extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

/** `/config/apps/http` is `['config', 'apps', 'http']`. */
export const partsOf = (path: string): readonly string[] => path.replace(/^\/+|\/+$/g, '').split('/')

const child = (json: Json | undefined, part: string): Json | undefined => {
  if (json !== undefined && isJsonArray(json)) return json[Number(part)]
  return isJsonObject(json) && Object.hasOwn(json, part) ? json[part] : undefined
}

/** The value at a path of a tree that begins with `config`. A last key that does not exist is null. */
export const valueAt = (tree: JsonObject, path: string): Json => {
  const parts = partsOf(path)
  let value: Json | undefined = tree
  for (const [i, part] of parts.entries()) {
    if (!isJsonObject(value) && !(value !== undefined && isJsonArray(value)))
      throw new AdminFailure(400, `invalid traversal path at: ${parts.slice(0, i + 1).join('/')}`)
    const next: Json | undefined = child(value, part)
    if (isJsonArray(value) && next === undefined)
      throw new AdminFailure(500, `[${path}] array index out of bounds: ${part}`)
    value = next
  }
  return value ?? null
}

const replaced = (json: Json, [part, ...rest]: readonly string[], value: Json): Json => {
  if (part === undefined) return value
  if (isJsonArray(json))
    return json.map((item, i) => (i === Number(part) ? replaced(item, rest, value) : item))
  return isJsonObject(json) ? { ...json, [part]: replaced(json[part] ?? null, rest, value) } : json
}

/** The tree after a PATCH, which replaces what must be there. */
export const patched = (tree: JsonObject, path: string, value: Json): JsonObject => {
  const parts = partsOf(path)
  if (valueAt(tree, path) === null)
    throw new AdminFailure(404, `[${path}] key does not exist: ${parts.at(-1) ?? ''}`)
  const after = replaced(tree, parts, value)
  return isJsonObject(after) ? after : tree
}
