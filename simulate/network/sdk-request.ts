/** What the SDK gives to a handler, as far as it is used. */
export interface SdkRequest {
  readonly method: string
  readonly path: string
  readonly query?: unknown
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface SdkResponse {
  readonly response: {
    readonly statusCode: number
    readonly headers: Record<string, string>
    readonly body: Uint8Array
  }
}

/** The query of a path, with its question mark; empty if there is none. */
export const queryText = (query: unknown): string => {
  if (typeof query !== 'object' || query === null) return ''
  const parts = new URLSearchParams(
    Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  ).toString()
  return parts === '' ? '' : `?${parts}`
}

const utf8 = new TextDecoder()

/** The SDK's bodies are bytes that also have the methods of strings. */
export const bodyText = (body: unknown): string =>
  typeof body === 'string' ? body : body instanceof Uint8Array ? utf8.decode(body) : ''

/** The operation's name, or method and path where the protocol has no names. */
export const operationOf = ({ headers, method, path }: SdkRequest, body: string): string => {
  const target = headers['x-amz-target']
  if (target !== undefined) return target.slice(target.lastIndexOf('.') + 1)
  return /(?:^|&)Action=(\w+)/.exec(body)?.[1] ?? `${method} ${path}`
}
