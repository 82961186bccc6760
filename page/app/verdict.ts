import { lastSegment } from '../../src/core/arn.js'
import type { Overview, TargetOverview } from '../../src/inspector/overview.js'
import { counted } from './format.js'
import type { View } from './place.js'

/** A sentence about how things are. */
export interface Verdict {
  readonly state: 'ok' | 'broken' | 'waiting'
  readonly says: string
  /** Where more is told. */
  readonly view: View | undefined
}

const ofTarget = ({ target, state, revisionsBehind, lastError }: TargetOverview): Verdict => {
  switch (state) {
    case 'failing':
      return {
        state: 'broken',
        says: `${target} fails: ${lastError?.message ?? 'no reason is known'}`,
        view: undefined,
      }
    case 'starting':
      return { state: 'waiting', says: `${target} has not been read yet`, view: undefined }
    case 'held':
      return { state: 'waiting', says: `${target} lacks what the plan skips`, view: 'plan' }
    case 'settled':
      return { state: 'ok', says: `${target} holds all that may be written`, view: 'plan' }
    case 'exact':
      return revisionsBehind === 0
        ? { state: 'ok', says: `${target} holds exactly what runs`, view: undefined }
        : {
            state: 'waiting',
            says: `${target} is ${counted(revisionsBehind, 'change')} behind`,
            view: 'plan',
          }
  }
}

/** How things are, the worst first. */
export const verdicts = ({ complete, awaited, counts, targets }: Overview): readonly Verdict[] => {
  const all: Verdict[] = targets.map(ofTarget)
  if (!complete)
    all.push({
      state: 'waiting',
      says:
        awaited.length === 0
          ? 'not everything is known yet'
          : `no complete snapshot yet of ${awaited.map(lastSegment).join(', ')}`,
      view: 'sources',
    })
  if (counts.unresolved > 0)
    all.push({
      state: 'broken',
      says: `${counted(counts.unresolved, 'live task')} ${counts.unresolved === 1 ? 'is' : 'are'} not routed`,
      view: 'unresolved',
    })
  if (counts.drift > 0)
    all.push({
      state: 'broken',
      says: `${counted(counts.drift, 'record')} of others, or changed by others`,
      view: 'drift',
    })
  const rank = { broken: 0, waiting: 1, ok: 2 } as const
  return all.toSorted((a, b) => rank[a.state] - rank[b.state])
}
