import * as E from 'fp-ts/lib/Either.js'

/** What a template may name. */
export interface Placeholders {
  /** Facts about where something listens, which nobody who deploys a container can choose. */
  readonly hosts: ReadonlySet<string>
  /** All, of which those that are no hosts may stand behind the host alone. */
  readonly all: ReadonlySet<string>
}

export type Expansion =
  | { readonly _tag: 'Url'; readonly url: string }
  /** The first placeholder without a value that can stand there. */
  | { readonly _tag: 'Missing'; readonly placeholder: string }

export interface UrlTemplate {
  expand(values: Readonly<Record<string, string | undefined>>): Expansion
}

type Part = { readonly literal: string } | { readonly name: string; readonly encode: Encode }
type Encode = (value: string) => string | undefined

/** Scheme, host and port, and the rest. */
const shape = /^(https?:\/\/)([^/?#]*)(.*)$/is

/** A host, perhaps with its port; an IPv6 address gets brackets. */
const asHost: Encode = (value) =>
  /^[\w.-]+(?::\d{1,5})?$/.test(value)
    ? value
    : /^[\da-f]*:[\da-f:.]*:[\da-f.]*$/i.test(value)
      ? `[${value}]`
      : undefined

/** Half a surrogate pair cannot be encoded. */
const asText: Encode = (value) => encodeURIComponent(value.replace(/\p{Surrogate}/gu, '\ufffd'))

/** Cuts a text at its placeholders; doubled braces are braces, as in Python's `format`. */
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
      return E.left(`a single ${token}: write ${token}${token} for a brace`)
    else if (!token.startsWith('{')) parts.push({ literal: token })
    else {
      const name = token.slice(1, -1)
      if (!known.has(name))
        return E.left(`${token} may not stand ${where}: there are ${[...known].join(', ')}`)
      parts.push({ name, encode })
    }
  }
  return E.right(parts)
}

/**
 * Makes a template of a text such as `http://{instance_ip}:9070/docker/{container_id}`, or says what is wrong with
 * it.
 *
 * Whoever follows the URLs that it makes gets to the host that the text names: the scheme is http or https and
 * literal, the host is literal or a fact that only AWS tells, and every other value is encoded. So a redirection to
 * one of them leads nowhere else.
 */
export const urlTemplate = (text: string, { hosts, all }: Placeholders): E.Either<string, UrlTemplate> => {
  const [, scheme, authority = '', rest = ''] = shape.exec(text) ?? []
  if (scheme === undefined) return E.left('it must begin with http:// or https://')
  const literal = authority.replace(/\{\w+\}/g, '')
  if (authority === '' || !/^[\w.:[\]-]*$/.test(literal))
    return E.left(`"${authority}" is no host, nor a host and a port`)
  const host = partsOf(authority, hosts, 'in the host', asHost)
  if (E.isLeft(host)) return host
  const behind = partsOf(rest, all, 'there', asText)
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
