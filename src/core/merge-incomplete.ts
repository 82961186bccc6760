import { type Backend, formatAddress } from './desired.js'

/**
 * Tells, for the addresses that a record holds, which of them stay though no endpoint of the backend has them: none of
 * a complete backend, and of an incomplete one all but its `gone` addresses. Addresses as `formatAddress` writes them,
 * in upper or lower case. What has no address (`undefined`) stays too.
 */
export const keepsUnexplained = ({
  complete,
  gone,
}: Pick<Backend, 'complete' | 'gone'>): ((address: string | undefined) => boolean) => {
  const left = new Set(gone.map((address) => formatAddress(address).toLowerCase()))
  return (address) => !complete && (address === undefined || !left.has(address.toLowerCase()))
}

export interface MergedParts<A> {
  /** What the backend's endpoints are in the record. */
  readonly live: readonly A[]
  /** What the record holds now. */
  readonly held: readonly A[]
  /** Where a part leads, as `formatAddress` writes it; `undefined` if that cannot be told. */
  readonly addressOf: (part: A) => string | undefined
  /** Parts with one identity are one part. Default: the address; a part without one is like no other. */
  readonly identityOf?: (part: A) => string | undefined
}

/**
 * The parts of a backend's record, by the rule of `Sink.render`: those of its endpoints, and of an incomplete backend
 * also those that the record holds and that are not `gone`. Of live parts with one identity the first counts, and a
 * live part replaces one that is held. Live parts come first, and each group keeps its order.
 */
export const mergeIncomplete = <A>(
  backend: Pick<Backend, 'complete' | 'gone'>,
  { live, held, addressOf, identityOf = addressOf }: MergedParts<A>,
): readonly A[] => {
  const stays = keepsUnexplained(backend)
  const merged = new Map<unknown, A>()
  for (const part of [...live, ...held.filter((each) => stays(addressOf(each)))]) {
    const identity = identityOf(part) ?? part
    if (!merged.has(identity)) merged.set(identity, part)
  }
  return [...merged.values()]
}
