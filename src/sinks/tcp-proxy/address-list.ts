import {
  type Address,
  type Backend,
  compareAddresses,
  type Endpoint,
  formatAddress,
} from '../../core/desired.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { shareWeights } from '../kit/revision-shares.js'

export interface WeighedAddress extends Address {
  /** Its part of the connections, if a deployment shares them; otherwise all addresses are equal. */
  readonly weight?: number
}

/** Whether two canonical lists are equal. */
export const sameAddresses = (a: readonly WeighedAddress[], b: readonly WeighedAddress[]): boolean =>
  a.length === b.length &&
  a.every((address, i) => {
    const other = b[i]
    return other !== undefined && compareAddresses(address, other) === 0 && address.weight === other.weight
  })

/** The live addresses, plus the previous ones that are not known to be gone: canonical, without duplicates. */
export const addressesOf = (backend: Backend, held: readonly WeighedAddress[]): readonly WeighedAddress[] => {
  const parts = mergeIncomplete<Endpoint | WeighedAddress>(backend, {
    live: backend.endpoints,
    held,
    addressOf: formatAddress,
  })
  const endpoints = parts.filter((part) => 'task' in part)
  const weights = shareWeights(endpoints, parts.length - endpoints.length)
  const weightOf = new Map<Address, number>(
    endpoints.map((endpoint, i) => [endpoint, weights?.endpoints[i] ?? 1]),
  )
  return parts
    .map((part): WeighedAddress => {
      const { host, port } = part
      return weights === undefined
        ? { host, port }
        : { host, port, weight: weightOf.get(part) ?? weights.others }
    })
    .sort(compareAddresses)
}
