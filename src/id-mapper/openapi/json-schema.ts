/** A JSON Schema (2020-12, as in OpenAPI 3.1), as data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** An object in which every property is present; `null` means unknown or absent. */
export const exactly = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
})

export const text = (description: string): JsonSchema => ({ type: 'string', description })
export const maybeText = (description: string): JsonSchema => ({ type: ['string', 'null'], description })
export const count = (description: string): JsonSchema => ({ type: 'integer', minimum: 0, description })
export const listOf = (items: JsonSchema, description: string): JsonSchema => ({
  type: 'array',
  items,
  description,
})
