import type { Claim, TaskClaims } from './claim.js'

/**
 * The claims of a task as the projection keeps them. Most tasks have one live claim and nothing else. Its endpoint says
 * whose it is, so that this claim alone is kept: a third of the memory.
 */
export type KeptClaims = TaskClaims | Extract<Claim, { readonly _tag: 'Live' }>

export const keptClaims = (claimed: TaskClaims): KeptClaims => {
  const { claims, unresolved, nameless } = claimed
  const [first] = claims
  return first?._tag === 'Live' && claims.length === 1 && unresolved === undefined && nameless === undefined
    ? first
    : claimed
}

export const claimsIn = (kept: KeptClaims): TaskClaims => {
  if (!('_tag' in kept)) return kept
  const { task, cluster, group } = kept.endpoint
  return { task, cluster, group, claims: [kept], unresolved: undefined, nameless: undefined }
}
