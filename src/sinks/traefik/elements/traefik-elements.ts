/** What the sinks for Traefik's HTTP and file providers have in common: all but where the document goes. Pure. */
import * as E from 'fp-ts/lib/Either.js'
import { hostsIn } from '../../../core/host-in.js'
import type { Sink } from '../../../core/sink.js'
import { formatDocument, parseDocument } from './document.js'
import { type Element, sameElement, emptiedElement, serverPlaces } from '../grammar/element.js'
import { type ElementConflict, type ElementOptions, elementRenderer } from './elements.js'
import { canonicalText } from '../../../shared/codec/json.js'
import type { DocumentFormat } from '../../document/document.js'

export interface TraefikElementsOptions extends Omit<ElementOptions, 'keepRouters'> {
  /**
   * What becomes of a service that nothing desires any more: it stays with no servers, and so do the routers to it,
   * which answer 503; or it goes with them, which is 404. Default: `empty`.
   */
  readonly prune?: 'empty' | 'delete'
}

export interface TraefikElements extends Required<
  Pick<Sink<Element>, 'equals' | 'render' | 'prune' | 'hostsOf' | 'emptied'>
> {
  /**
   * Elements that several backends define, and not alike, as of the newest state: one of them is used, and the others
   * should be corrected.
   */
  readonly conflicts: () => readonly ElementConflict[]
}

/** All of a sink but its target: a record an element of Traefik's dynamic configuration. */
export const traefikElements = ({ prune = 'empty', ...options }: TraefikElementsOptions): TraefikElements => {
  const { render, conflicts } = elementRenderer({ ...options, keepRouters: prune === 'empty' })
  return {
    equals: sameElement,
    render,
    prune: (before) => (prune === 'delete' ? undefined : emptiedElement(before)),
    emptied: (before) => emptiedElement(before) ?? before,
    hostsOf: (element) => hostsIn(serverPlaces(element)),
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
