import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/**
 * What Traefik v1.7's DynamoDB provider makes of an item, by the rules of its source (`provider/dynamodb`, and the
 * `dynamodbattribute` package that it decodes with). `stops`: it panics, and with it the reading of the whole table.
 */
export type TraefikReading =
  | { readonly _tag: 'backend'; readonly name: string; readonly servers: ReadonlyMap<string, TraefikServer> }
  | { readonly _tag: 'frontend'; readonly name: string }
  | { readonly _tag: 'ignored' }
  | { readonly _tag: 'dropped'; readonly reason: string }
  | { readonly _tag: 'stops'; readonly reason: string }

export interface TraefikServer {
  readonly url: string
  readonly weight: number
}

type Item = Readonly<Record<string, AttributeValue>>
type Check = (value: AttributeValue, path: string) => void

class Unreadable extends Error {}

const fail = (path: string, expected: string): never => {
  throw new Unreadable(`${path}: expected ${expected}`)
}

/** NULL is the zero value everywhere. */
const orNull =
  (check: Check): Check =>
  (value, path) => {
    if (value.NULL === undefined) check(value, path)
  }

const string = orNull((value, path) => {
  if (value.S === undefined && value.N === undefined) fail(path, 'S or N')
})
const int = orNull((value, path) => {
  if (value.N === undefined || !/^-?[0-9]+$/.test(value.N)) fail(path, 'N, an integer')
})
const bool = orNull((value, path) => {
  if (value.BOOL === undefined) fail(path, 'BOOL')
})
const mapOf = (check: Check): Check =>
  orNull((value, path) => {
    if (value.M === undefined) return fail(path, 'M')
    for (const [key, entry] of Object.entries(value.M)) check(entry, `${path}.${key}`)
  })
/** Fields are matched exactly, then without regard to case; unknown ones are ignored. */
const struct = (fields: Readonly<Record<string, Check>>): Check =>
  orNull((value, path) => {
    if (value.M === undefined) return fail(path, 'M')
    for (const [key, entry] of Object.entries(value.M)) {
      const field =
        fields[key] ?? Object.entries(fields).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
      field?.(entry, `${path}.${key}`)
    }
  })

const backend = struct({
  servers: mapOf(struct({ url: string, weight: int })),
  circuitBreaker: struct({ expression: string }),
  loadBalancer: struct({
    method: string,
    sticky: bool,
    stickiness: struct({ cookieName: string, secure: bool, httpOnly: bool, sameSite: string }),
  }),
  maxConn: struct({ amount: int, extractorFunc: string }),
  healthCheck: struct({
    scheme: string,
    path: string,
    port: int,
    interval: string,
    hostname: string,
    headers: mapOf(string),
  }),
  buffering: struct({
    maxRequestBodyBytes: int,
    memRequestBodyBytes: int,
    maxResponseBodyBytes: int,
    memResponseBodyBytes: int,
    retryExpression: string,
  }),
  forwardingResponse: struct({ flushInterval: string }),
})

const serversOf = (value: AttributeValue): ReadonlyMap<string, TraefikServer> =>
  new Map(
    Object.entries(value.M?.['servers']?.M ?? {}).map(([key, server]) => {
      const { url, weight } = server.M ?? {}
      const read = Number(weight?.N ?? 0)
      if (read < 0) fail(`backend.servers.${key}.weight`, '0 or more: the load balancer refuses it')
      return [key, { url: url?.S ?? url?.N ?? '', weight: read === 0 ? 1 : read }]
    }),
  )

export const readAsTraefik = (item: Item): TraefikReading => {
  const kind =
    item['backend'] !== undefined ? 'backend' : item['frontend'] !== undefined ? 'frontend' : undefined
  if (kind === undefined) return { _tag: 'ignored' }
  const value = item[kind] ?? { NULL: true }
  try {
    if (kind === 'backend') backend(value, 'backend')
    const servers = serversOf(value)
    const name = item['name']?.S
    if (name === undefined) return { _tag: 'stops', reason: '`name` is not S' }
    return kind === 'backend' ? { _tag: 'backend', name, servers } : { _tag: 'frontend', name }
  } catch (error) {
    if (error instanceof Unreadable) return { _tag: 'dropped', reason: error.message }
    throw error
  }
}
