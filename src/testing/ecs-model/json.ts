/** A JSON object that ECS writes. */
export type Json = Readonly<Record<string, unknown>>
