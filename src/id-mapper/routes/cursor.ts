/** What a page was of; a cursor of another list means nothing. */
export type Listed = 'tasks' | 'containers' | 'container-ids' | 'services' | 'instances'

/** Where a page ended: what the next one comes after. */
export type Place = readonly [string, string, string]

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

/** Opaque to clients, so that it may become something else. */
export const cursorOf = (listed: Listed, place: Place): string =>
  Buffer.from(JSON.stringify([listed, ...place])).toString('base64url')

/** The place, if it is a cursor of this list. */
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

/** Whether one place is after another. */
export const isAfter = (a: Place, b: Place): boolean => {
  for (const [i, part] of a.entries()) {
    const other = b[i] ?? ''
    if (part !== other) return part > other
  }
  return false
}
