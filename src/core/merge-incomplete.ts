import { type Backend, formatAddress } from './desired.js'

/**
 * Returns a predicate for addresses that a record holds and no endpoint of the backend has: whether they stay. For a
 * complete backend none stays; for an incomplete one all stay but its `gone` addresses. Addresses are compared as
 * `formatAddress` writes them, ignoring case. A part without an address (`undefined`) stays, too.
 */
export const keepsUnexplained = ({
  complete,
  gone,
}: Pick<Backend, 'complete' | 'gone'>): ((address: string | undefined) => boolean) => {
  const left = new Set(gone.map((address) => formatAddress(address).toLowerCase()))
  return (address) => !complete && (address === undefined || !left.has(address.toLowerCase()))
}

export interface MergedParts<A> {
  /** The parts of the record for the backend's endpoints. */
  readonly live: readonly A[]
  /** The present parts of the record. */
  readonly held: readonly A[]
  /** The address of a part, as `formatAddress` writes it; `undefined` if it has none. */
  readonly addressOf: (part: A) => string | undefined
  /** Parts with the same identity are the same. Default: the address; a part without an address equals no other. */
  readonly identityOf?: (part: A) => string | undefined
}

/**
 * The parts of a backend's record, by the rule of `Sink.render`: those of its endpoints and, for an incomplete backend,
 * also the present ones that are not `gone`. Of live parts with the same identity, the first wins, and a live part
 * replaces a present one. Live parts come first, and each group keeps its order.
 */
export const mergeIncomplete = <A>(
  backend: Pick<Backend, 'complete' | 'gone'>,
  { live, held, addressOf, identityOf = addressOf }: MergedParts<A>,
): readonly A[] => {
  const stays = keepsUnexplained(backend)
  const merged = new Map<unknown, A>()
  const kept = backend.complete ? [] : held.filter((each) => stays(addressOf(each)))
  for (const part of kept.length === 0 ? live : [...live, ...kept]) {
    const identity = identityOf(part) ?? part
    if (!merged.has(identity)) merged.set(identity, part)
  }
  return [...merged.values()]
}
