import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** An item as it is in the JSON of the protocol: binary values are Base64. */
export type StoredItem = Readonly<Record<string, AttributeValue>>

/** One text for equal values: keys of maps and members of sets sorted. */
export const canonical = (value: AttributeValue | undefined): string => {
  if (value === undefined) return 'absent'
  if (value.M !== undefined)
    return `{${Object.entries(value.M)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`)
      .join()}}`
  if (value.L !== undefined) return `[${value.L.map(canonical).join()}]`
  if (value.N !== undefined) return `N${Number(value.N)}`
  return JSON.stringify(value, (_, part: unknown) => (Array.isArray(part) ? part.map(String).sort() : part))
}
