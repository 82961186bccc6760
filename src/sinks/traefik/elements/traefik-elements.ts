/** What the sinks for Traefik's HTTP and file providers share: everything but the document's destination. Pure. */
import * as E from 'fp-ts/lib/Either.js'
import { hostsIn } from '../../../core/host-in.js'
import type { Sink } from '../../../core/sink.js'
import { formatDocument, parseDocument } from './document.js'
import { type Element, sameElement, emptiedElement, serverPlaces } from '../grammar/element.js'
import { type ElementConflict, type ElementOptions, elementRenderer } from './elements.js'
import { canonicalText } from '../../../shared/codec/json.js'
import { isWeightedOver, weightedNames } from './revision-services.js'
import type { DocumentFormat } from '../../document/document.js'

export interface TraefikElementsOptions extends Omit<ElementOptions, 'keepRouters'> {
  /**
   * What happens to a service that is no longer desired. `empty`: it stays without servers, and its routers stay too
   * and answer 503. `delete`: it is deleted with its routers, and Traefik answers 404. What exists only during a
   * deployment is always deleted. Default: `empty`.
   */
  readonly prune?: 'empty' | 'delete'
}

export interface TraefikElements extends Required<
  Pick<Sink<Element>, 'equals' | 'render' | 'prune' | 'hostsOf' | 'endpointsOf' | 'emptied'>
> {
  /**
   * Elements that several backends define differently, in the newest state. One definition is used; the others should
   * be corrected.
   */
  readonly conflicts: () => readonly ElementConflict[]
}

/** Everything of a sink except its target: one record per element of Traefik's dynamic configuration. */
export const traefikElements = ({ prune = 'empty', ...options }: TraefikElementsOptions): TraefikElements => {
  const emptied = (before: Element): Element | undefined =>
    isWeightedOver(before) ? { loadBalancer: { servers: [] } } : emptiedElement(before)
  const { render, conflicts, isTemporary } = elementRenderer({ ...options, keepRouters: prune === 'empty' })
  return {
    equals: sameElement,
    render,
    prune: (before) => (prune === 'delete' || isTemporary(before) ? undefined : emptied(before)),
    emptied: (before) => emptied(before) ?? before,
    // A weighted service leads to tasks by way of others: to be weighted is not to lose one's hosts.
    hostsOf: (element) => [...hostsIn(serverPlaces(element)), ...weightedNames(element)],
    endpointsOf: serverPlaces,
    conflicts,
  }
}

export const traefikDocument: DocumentFormat<Element> = {
  etagOf: canonicalText,
  print: ({ owner, records }) => formatDocument({ owner, elements: records }),
  parse: (text) => {
    const document = parseDocument(text)
    if (E.isRight(document)) return { owner: document.right.owner, records: document.right.elements }
    throw new Error(
      document.left
        .slice(0, 3)
        .map(({ path, expected, received }) => `${path}: expected ${expected}, got ${received}`)
        .join('; '),
    )
  },
}
