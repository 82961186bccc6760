import type { ServerResponse } from 'node:http'
import type { JsonSchema } from './json-schema.js'

/** What may be asked with `?name=…`; each operation says which of them it takes. */
export interface Query {
  readonly redir?: string
  readonly container?: string
  readonly cluster?: string
  readonly service?: string
  readonly family?: string
  readonly instance?: string
  readonly phase?: 'pending' | 'running' | 'stopping' | 'stopped'
  readonly prefix?: string
  readonly limit?: number
  readonly cursor?: string
  readonly after?: string
}

/** A request that was found to be of the operation's form. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly lastEventId: string | undefined
  /** Whom the connection counts for: see `clientAddress`. */
  readonly address: string
}

export type Answer =
  | { readonly _tag: 'Text'; readonly text: string }
  | { readonly _tag: 'Json'; readonly value: unknown }
  | { readonly _tag: 'Redirect'; readonly url: string }
  /** The rest of the answer is written for as long as the client stays. */
  | { readonly _tag: 'Stream'; readonly open: (response: ServerResponse) => void }
  /** Says why not, as text or as JSON: whichever the operation speaks. */
  | {
      readonly _tag: 'Refused'
      readonly status: 300 | 400 | 404 | 410 | 503
      readonly reason: string
      /** Seconds, for a 503. */
      readonly retryAfter?: number
    }

interface Described {
  readonly description: string
  readonly schema: JsonSchema
}

/** Something that can be asked: what the server routes and checks by, and what the OpenAPI document says. */
export interface Operation {
  readonly id: string
  readonly method: 'GET' | 'POST'
  /** With parameters in braces. */
  readonly path: string
  readonly tag: 'ids' | 'listing' | 'changes' | 'about'
  readonly summary: string
  readonly params?: Readonly<Record<string, Described>>
  readonly query?: Readonly<Partial<Record<keyof Query, Described>>>
  /** How it answers 200; and how it says why not, which is JSON where this is, and text otherwise. */
  readonly speaks: 'text' | 'json' | 'events'
  /** Of a JSON answer. */
  readonly schema?: JsonSchema
  /** What else than 200 it may answer, by status, beside 400 for what is not of its form. */
  readonly otherwise?: Readonly<Record<number, string>>
  /** Whether it says what there is not: then it is 503 until all is known that there is. */
  readonly needsWhole: boolean
  answer(asked: Asked): Answer
}

export const inText = (text: string): Answer => ({ _tag: 'Text', text })
export const inJson = (value: unknown): Answer => ({ _tag: 'Json', value })
export const refused = (status: 300 | 400 | 404 | 410, reason: string): Answer => ({
  _tag: 'Refused',
  status,
  reason,
})
export const later = (reason: string, retryAfter: number): Answer => ({
  _tag: 'Refused',
  status: 503,
  reason,
  retryAfter,
})
