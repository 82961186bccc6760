/** The parts of dynalite 4 that `sim/` uses; the package ships no types. */
declare module 'dynalite' {
  import type { Server } from 'node:http'

  interface DynaliteOptions {
    /** How long a new table stays in CREATING, in milliseconds; 500 by default. */
    readonly createTableMs?: number
    /** How long a dropped table stays in DELETING, in milliseconds; 500 by default. */
    readonly deleteTableMs?: number
    /** How long a changed table stays in UPDATING, in milliseconds; 500 by default. */
    readonly updateTableMs?: number
  }

  /** A server over a store in memory, not yet listening; closing it also closes the store. */
  export default function dynalite(options?: DynaliteOptions): Server
}

declare module 'dynalite/db/index.js' {
  import type { AttributeValue } from '@aws-sdk/client-dynamodb'

  export type Item = Readonly<Record<string, AttributeValue>>
  export type Path = readonly (string | number)[]

  /** An operand: a path into the item, a literal (its type as the one key), or the function `size`. */
  export type Operand = Path | AttributeValue | { readonly type: 'function' }

  /** A parsed ConditionExpression. */
  export type Expression =
    | { readonly type: 'and' | 'or' | 'not'; readonly args: readonly Expression[] }
    | { readonly type: '=' | '<>'; readonly args: readonly Operand[] }
    | { readonly type: '<' | '<=' | '>' | '>=' | 'between' | 'in' | 'function' }

  export interface WriteRequest {
    readonly _condition?: { readonly expression: Expression }
    readonly ReturnValuesOnConditionCheckFailure?: string
  }

  /** The response. */
  export interface Refusal extends Error {
    readonly body: Readonly<Record<string, unknown>>
  }

  const db: {
    /** The error to return if the condition does not hold; otherwise null or undefined. */
    checkConditional: (request: WriteRequest, item: Item | undefined) => Refusal | null | undefined
    /** The value at the path, if any. */
    readonly mapPath: (path: Path, item: Item) => AttributeValue | null | undefined
  }
  export default db
}

declare module 'dynalite/validations/deleteItem.js' {
  const request: {
    readonly types: Record<string, { readonly type: string; readonly enum?: readonly string[] }>
  }
  export default request
}

declare module 'dynalite/validations/putItem.js' {
  const request: {
    readonly types: Record<string, { readonly type: string; readonly enum?: readonly string[] }>
  }
  export default request
}

declare module 'dynalite/validations/updateItem.js' {
  const request: {
    readonly types: Record<string, { readonly type: string; readonly enum?: readonly string[] }>
  }
  export default request
}
