import { type Element, sameElement, type ElementKey } from '../grammar/element.js'

/** Backends that define one element differently. Traefik's own provider would drop the element for all of them. */
export interface ElementConflict {
  readonly key: ElementKey
  /** The backend whose definition wins: the first by name. */
  readonly used: string
  /** The other backends, ordered. */
  readonly unused: readonly string[]
}

interface Claim {
  readonly backend: string
  readonly element: Element
}

const compareBackends = (a: Claim, b: Claim): number => (a.backend < b.backend ? -1 : 1)

/** Decides which definition of an element wins if several backends define it, independently of their order. */
export class Claims {
  private readonly first = new Map<ElementKey, Claim>()
  /** All claims of the few elements that have conflicting ones. */
  private readonly contested = new Map<ElementKey, Claim[]>()

  has(key: ElementKey): boolean {
    return this.first.has(key)
  }

  add(key: ElementKey, backend: string, element: Element): void {
    const claim = { backend, element }
    const held = this.first.get(key)
    if (held === undefined) {
      this.first.set(key, claim)
      return
    }
    const others = this.contested.get(key)
    if (others !== undefined) others.push(claim)
    else if (!sameElement(held.element, element)) this.contested.set(key, [held, claim])
    if (backend < held.backend) this.first.set(key, claim)
  }

  /** The winning definition; the same object as `before` if equal. */
  elements(before: ReadonlyMap<ElementKey, Element>): Map<ElementKey, Element> {
    const elements = new Map<ElementKey, Element>()
    for (const [key, { element }] of this.first) {
      const held = before.get(key)
      elements.set(key, held !== undefined && sameElement(held, element) ? held : element)
    }
    return elements
  }

  /** Ordered by key. */
  conflicts(): readonly ElementConflict[] {
    return Array.from(this.contested, ([key, claims]) => {
      const used = this.first.get(key)
      return {
        key,
        used: used?.backend ?? '',
        unused: claims
          .filter(({ element }) => used !== undefined && !sameElement(element, used.element))
          .sort(compareBackends)
          .map(({ backend }) => backend),
      }
    }).sort((a, b) => (a.key < b.key ? -1 : 1))
  }
}
