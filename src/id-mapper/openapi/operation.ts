import type { ServerResponse } from 'node:http'
import type { JsonSchema } from './json-schema.js'

/** The query parameters of all operations; each operation declares which of them it takes. */
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

/** A validated request. */
export interface Asked {
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly lastEventId: string | undefined
  /** The client that the connection counts for: see `clientAddress`. */
  readonly address: string
}

export type Answer =
  | { readonly _tag: 'Text'; readonly text: string }
  | { readonly _tag: 'Json'; readonly value: unknown }
  | { readonly _tag: 'Redirect'; readonly url: string }
  /** A response that is written for as long as the client stays connected. */
  | { readonly _tag: 'Stream'; readonly open: (response: ServerResponse) => void }
  /** An error, sent as text or JSON according to the operation's `speaks`. */
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

/** One endpoint, as data: the server routes and validates by it, and the OpenAPI document describes it. */
export interface Operation {
  readonly id: string
  readonly method: 'GET' | 'POST'
  /** With parameters in braces. */
  readonly path: string
  readonly tag: 'ids' | 'listing' | 'changes' | 'about'
  readonly summary: string
  readonly params?: Readonly<Record<string, Described>>
  readonly query?: Readonly<Partial<Record<keyof Query, Described>>>
  /** The format of a 200 response. Errors are text for `text`, and JSON otherwise. */
  readonly speaks: 'text' | 'json' | 'events'
  /** The schema of a JSON response. */
  readonly schema?: JsonSchema
  /** Descriptions of the other responses, by status, except 400 for invalid requests. */
  readonly otherwise?: Readonly<Record<number, string>>
  /** Whether an answer depends on a complete state. If so, the response is 503 until the state is complete. */
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
