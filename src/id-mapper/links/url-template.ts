import * as E from 'fp-ts/lib/Either.js'

/** The placeholders that a template may use. */
export interface Placeholders {
  /** Allowed in the host: facts that a person who deploys a container cannot choose. */
  readonly hosts: ReadonlySet<string>
  /** All placeholders. Those that are not in `hosts` are allowed only after the host. */
  readonly all: ReadonlySet<string>
}

export type Expansion =
  | { readonly _tag: 'Url'; readonly url: string }
  /** The first placeholder without a valid value. */
  | { readonly _tag: 'Missing'; readonly placeholder: string }

export interface UrlTemplate {
  expand(values: Readonly<Record<string, string | undefined>>): Expansion
}

type Part = { readonly literal: string } | { readonly name: string; readonly encode: Encode }
type Encode = (value: string) => string | undefined

/** Scheme, authority (host and port), and the rest. */
const shape = /^(https?:\/\/)([^/?#]*)(.*)$/is

/** A host with an optional port; an IPv6 address gets brackets. */
const asHost: Encode = (value) =>
  /^[\w.-]+(?::\d{1,5})?$/.test(value)
    ? value
    : /^[\da-f]*:[\da-f:.]*:[\da-f.]*$/i.test(value)
      ? `[${value}]`
      : undefined

/** Half a surrogate pair cannot be encoded. */
const asText: Encode = (value) => encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\ufffd'))

/** Splits a text at its placeholders. Doubled braces are literal braces, as in Python's `format`. */
const partsOf = (
  text: string,
  known: ReadonlySet<string>,
  where: string,
  encode: Encode,
): E.Either<string, readonly Part[]> => {
  const parts: Part[] = []
  for (const token of text.match(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g) ?? []) {
    if (token === '{{' || token === '}}') parts.push({ literal: token.charAt(0) })
    else if (token === '{' || token === '}')
      return E.left(`expected ${token}${token} for a brace, got a single ${token}`)
    else if (!token.startsWith('{')) parts.push({ literal: token })
    else {
      const name = token.slice(1, -1)
      if (!known.has(name))
        return E.left(
          `expected a known placeholder ${where}, got ${token}: use one of ${[...known].join(', ')}`,
        )
      parts.push({ name, encode })
    }
  }
  return E.right(parts)
}

/**
 * Parses a template such as `http://{instance_ip}:9070/docker/{container_id}`, or returns what is wrong with it.
 *
 * The resulting URLs always lead to the host that the template names: the scheme is a literal http or https, the host
 * is literal or a fact that only AWS provides, and every other value is encoded. Redirecting to them is therefore safe.
 */
export const urlTemplate = (text: string, { hosts, all }: Placeholders): E.Either<string, UrlTemplate> => {
  const [, scheme, authority = '', rest = ''] = shape.exec(text) ?? []
  if (scheme === undefined)
    return E.left(
      `expected a URL that begins with http:// or https://, got ${JSON.stringify(text.slice(0, 80))}`,
    )
  const literal = authority.replace(/\{\w+\}/g, '')
  if (authority === '' || !/^[\w.:[\]-]*$/.test(literal))
    return E.left(`expected a host, with or without a port, got "${authority}"`)
  const host = partsOf(authority, hosts, 'in the host', asHost)
  if (E.isLeft(host)) return host
  const behind = partsOf(rest, all, 'after the host', asText)
  if (E.isLeft(behind)) return behind
  const parts: readonly Part[] = [{ literal: scheme }, ...host.right, ...behind.right]
  return E.right({
    expand: (values) => {
      let url = ''
      for (const part of parts) {
        if ('literal' in part) {
          url += part.literal
          continue
        }
        const value = values[part.name]
        const encoded = value === undefined ? undefined : part.encode(value)
        if (encoded === undefined) return { _tag: 'Missing', placeholder: part.name }
        url += encoded
      }
      return URL.canParse(url) ? { _tag: 'Url', url } : { _tag: 'Missing', placeholder: 'a host' }
    },
  })
}
