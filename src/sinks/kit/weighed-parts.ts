/** The parts of a record whose weights are whole numbers from 1 on. Pure. */
import { type Address, type Backend, type Endpoint, formatAddress } from '../../core/desired.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { maxWeight } from '../../core/split-weights.js'
import { withoutIdle } from './idle-endpoints.js'
import { shareWeights } from './revision-shares.js'

/** A part that the target holds. */
export interface HeldPart extends Address {
  readonly weight: number | undefined
}

export interface WeighedPart<H> {
  /** An endpoint, or what is held and must stay. */
  readonly part: Endpoint | H
  /** From 1 to 65,535, relative to the other parts; `undefined` if nothing gives it one. */
  readonly weight: number | undefined
}

const isEndpoint = (part: Endpoint | HeldPart): part is Endpoint => 'task' in part

const wholeWeight = (weight: number): number => Math.min(maxWeight, Math.max(1, Math.round(weight)))

/**
 * What a record must consist of, for a target that refuses a weight of 0: an endpoint that is to get nothing is left
 * out, unless all are. The parts are in no order.
 */
export const weighedParts = <H extends HeldPart>(
  { endpoints, complete, gone }: Backend,
  held: readonly H[],
): readonly WeighedPart<H>[] => {
  const { offered, idle } = withoutIdle(endpoints)
  const parts = mergeIncomplete<Endpoint | H>(
    { complete, gone: [...gone, ...idle] },
    { live: offered, held, addressOf: formatAddress },
  )
  const live = parts.filter(isEndpoint)
  const shares = shareWeights(live, parts.length - live.length)
  const shareOf = new Map<unknown, number>(live.map((endpoint, i) => [endpoint, shares?.endpoints[i] ?? 1]))
  return parts.map((part) => {
    const weight = shares === undefined ? part.weight : (shareOf.get(part) ?? shares.others)
    return { part, weight: weight === undefined ? undefined : wholeWeight(weight) }
  })
}
