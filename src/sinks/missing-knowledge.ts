import type { Desired } from '../core/desired.js'
import type { BackendName } from '../core/expose.js'

/** How many of a kind are named: enough to know where to look. */
const named = 10

const list = (items: readonly string[]): string => {
  const more = items.length - named
  return [...items.slice(0, named), ...(more > 0 ? [`and ${more} more`] : [])]
    .map((item) => `\n- ${item}`)
    .join('')
}

const unlisted =
  'Not every cluster is known as a whole. A snapshot source (ecsSnapshots) must have read each of them, and all that its tasks wait for; without one, this never passes.'

export interface Missing {
  /** For people: what it is, and where to look. */
  readonly text: string
  /** Whether every cluster is known as a whole, and nothing but lookups are missing. */
  readonly listed: boolean
}

/**
 * Tells, of one state after the other that a target came to hold, why it may still lack something, for people;
 * `undefined` from when on it does not. It need not all be known at one time: what is held of a backend that was
 * complete once is kept while it is not, and where tasks come and go there is always one that is not.
 */
export const missingKnowledge = (): ((desired: Desired) => Missing | undefined) => {
  let listed = false
  const known = new Set<BackendName>()
  return ({ complete, backends, unresolved }) => {
    listed ||= complete
    const partial: BackendName[] = []
    for (const [name, backend] of backends)
      if (backend.complete) known.add(name)
      else if (!known.has(name)) partial.push(name)
    if (listed && partial.length === 0) return undefined
    const waiting = [...unresolved.values()].filter(({ why }) => why !== 'refused' && why !== 'name-taken')
    const text = [
      ...(listed ? [] : [unlisted]),
      ...(partial.length === 0 ? [] : [`Not all servers are known of:${list(partial.sort())}`]),
      ...(waiting.length === 0
        ? []
        : [`Tasks that wait for a lookup:${list(waiting.map(({ task, detail }) => `${task}: ${detail}`))}`]),
    ].join('\n')
    return { text, listed }
  }
}
