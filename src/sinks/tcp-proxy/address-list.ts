import { type Address, type Backend, compareAddresses, formatAddress } from '../../core/desired.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'

/** Whether two canonical lists are equal. */
export const sameAddresses = (a: readonly Address[], b: readonly Address[]): boolean =>
  a.length === b.length &&
  a.every((address, i) => {
    const other = b[i]
    return other !== undefined && compareAddresses(address, other) === 0
  })

/** The live addresses, plus the previous ones that are not known to be gone: canonical, without duplicates. */
export const addressesOf = (backend: Backend, held: readonly Address[]): readonly Address[] =>
  mergeIncomplete<Address>(backend, { live: backend.endpoints, held, addressOf: formatAddress })
    .map(({ host, port }) => ({ host, port }))
    .sort(compareAddresses)
