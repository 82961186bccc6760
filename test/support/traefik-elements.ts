import type { Element } from '../../src/sinks/traefik/grammar/element.js'
import { readAsTraefik } from './traefik-v3-rules.js'

interface LoadBalancer {
  readonly loadBalancer?: {
    readonly servers?: readonly { readonly url?: string; readonly address?: string }[]
  }
}

/** The elements of a document by key. Throws where Traefik's own rules do not let it pass. */
export const elementsAsTraefik = (
  text: string,
  provider: 'http' | 'file' = 'file',
): ReadonlyMap<string, Element> => {
  const document = readAsTraefik(text, provider) as Record<string, Record<string, Record<string, Element>>>
  const elements = new Map<string, Element>()
  for (const section of ['http', 'tcp', 'udp', 'tls'])
    for (const [kind, named] of Object.entries(document[section] ?? {}))
      for (const [name, element] of Object.entries(named)) elements.set(`${section}/${kind}/${name}`, element)
  return elements
}

/** The addresses that a service has; none for what is no service. */
export const serversOf = (element: Element): readonly string[] =>
  ((element as LoadBalancer).loadBalancer?.servers ?? []).map(
    ({ url, address }) => address ?? url?.replace(/^[a-z0-9]+:\/\//, '') ?? '?',
  )
