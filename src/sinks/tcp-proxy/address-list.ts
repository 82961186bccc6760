import { type Address, compareAddresses } from '../../core/desired.js'

/** Whether two canonical lists are the same. */
export const sameAddresses = (a: readonly Address[], b: readonly Address[]): boolean =>
  a.length === b.length &&
  a.every((address, i) => {
    const other = b[i]
    return other !== undefined && compareAddresses(address, other) === 0
  })

/** What is live, and of what was there before what is not known to be gone: canonical, each address once. */
export const mergeAddresses = (
  live: readonly Address[],
  kept: readonly Address[],
  gone: readonly Address[],
): readonly Address[] =>
  [...live, ...kept.filter((address) => !gone.some((one) => compareAddresses(one, address) === 0))]
    .map(({ host, port }) => ({ host, port }))
    .sort(compareAddresses)
    .filter((address, i, all) => {
      const before = all[i - 1]
      return before === undefined || compareAddresses(before, address) !== 0
    })
