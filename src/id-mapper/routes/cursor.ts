/** The list that a page belongs to; the cursor of one list is invalid in another. */
export type Listed = 'tasks' | 'containers' | 'container-ids' | 'services' | 'instances'

/** The position of the last item of a page. The next page continues after it. */
export type Place = readonly [string, string, string]

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

/** Opaque to clients, so that the format can change. */
export const cursorOf = (listed: Listed, place: Place): string =>
  Buffer.from(JSON.stringify([listed, ...place])).toString('base64url')

/** The position in a cursor, or `undefined` if it is not a cursor of this list. */
export const placeOf = (listed: Listed, cursor: string): Place | undefined => {
  try {
    const json: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (!isTexts(json) || json.length !== 4 || json[0] !== listed) return undefined
    const [, a = '', b = '', c = ''] = json
    return [a, b, c]
  } catch {
    return undefined
  }
}

/** Whether position `a` is after position `b`. */
export const isAfter = (a: Place, b: Place): boolean => {
  for (const [i, part] of a.entries()) {
    const other = b[i] ?? ''
    if (part !== other) return part > other
  }
  return false
}
