/** What an explanation is made of: links, each of which needs the one before it. */

/**
 * - `ok`: so far, nothing keeps it from the target.
 * - `broken`: it ends here, until somebody or something changes.
 * - `waiting`: it ends here for now; what is missing is on its way.
 * - `unknown`: an earlier link is not `ok`, or nothing is known about this one.
 */
export type LinkState = 'ok' | 'broken' | 'waiting' | 'unknown'

/** The links, in their order: a task's, those of each of its ports, and those of each target. */
export type LinkName =
  | 'event'
  | 'status'
  | 'definition'
  | 'policy'
  | 'address'
  | 'health'
  | 'deployment'
  | 'claim'
  | 'plan'
  | 'target'

export interface ChainLink {
  readonly link: LinkName
  readonly state: LinkState
  /** One sentence, for people. */
  readonly says: string
  /** What to do, for people; `undefined` where nothing needs to be done. */
  readonly todo?: string | undefined
}

export const ok = (link: LinkName, says: string): ChainLink => ({ link, state: 'ok', says })

export const broken = (link: LinkName, says: string, todo?: string): ChainLink => ({
  link,
  state: 'broken',
  says,
  ...(todo !== undefined && { todo }),
})

export const waiting = (link: LinkName, says: string, todo?: string): ChainLink => ({
  link,
  state: 'waiting',
  says,
  ...(todo !== undefined && { todo }),
})

export const unknown = (link: LinkName, says: string, todo?: string): ChainLink => ({
  link,
  state: 'unknown',
  says,
  ...(todo !== undefined && { todo }),
})

const notReached = (link: LinkName): ChainLink => unknown(link, 'not reached')

/** A link that is only asked for if all before it are `ok`. */
export type LazyLink = readonly [link: LinkName, of: () => ChainLink]

/** The links in order. After the first that is not `ok`, the others are not reached. `isReached`: whether the first is. */
export const chained = (links: readonly LazyLink[], isReached = true): readonly ChainLink[] => {
  let reached = isReached
  return links.map(([link, of]) => {
    if (!reached) return notReached(link)
    const found = of()
    reached = found.state === 'ok'
    return found
  })
}

export const areOk = (links: readonly ChainLink[]): boolean => links.every(({ state }) => state === 'ok')

/** The first link that is not `ok`. */
export const firstBreak = (links: readonly ChainLink[]): ChainLink | undefined =>
  links.find(({ state }) => state !== 'ok')
