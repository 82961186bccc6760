import { lastSegment } from '../../src/core/arn.js'
import type { Overview, TargetOverview } from '../../src/inspector/overview.js'
import { counted } from './format.js'
import type { View } from './place.js'

/** A sentence about how things are. */
export interface Verdict {
  /** What it is about, unique in its list. */
  readonly about: string
  readonly state: 'ok' | 'broken' | 'waiting'
  readonly says: string
  /** Where more is told. */
  readonly view: View | undefined
}

const ofTarget = ({ target, state, revisionsBehind, lastError }: TargetOverview): Verdict => {
  const about = `target ${target}`
  switch (state) {
    case 'failing':
      return {
        about,
        state: 'broken',
        says: `${target} fails: ${lastError?.message ?? 'no reason is known'}`,
        view: undefined,
      }
    case 'starting':
      return { about, state: 'waiting', says: `${target} has not been read yet`, view: undefined }
    case 'held':
      return { about, state: 'waiting', says: `${target} lacks what the plan skips`, view: 'plan' }
    case 'settled':
      return { about, state: 'ok', says: `${target} holds all that may be written`, view: 'plan' }
    case 'exact':
      return revisionsBehind === 0
        ? { about, state: 'ok', says: `${target} holds exactly what runs`, view: undefined }
        : {
            about,
            state: 'waiting',
            says: `${target} is ${counted(revisionsBehind, 'change')} behind`,
            view: 'plan',
          }
  }
}

const ofSnapshots = ({ complete, awaited }: Overview): Verdict => ({
  about: 'snapshots',
  ...(complete
    ? { state: 'ok', says: 'everything is known', view: undefined }
    : {
        state: 'waiting',
        says:
          awaited.length === 0
            ? 'not everything is known yet'
            : `no complete snapshot yet of ${awaited.map(lastSegment).join(', ')}`,
        view: 'sources',
      }),
})

const ofTasks = ({ counts: { unresolved } }: Overview): Verdict => ({
  about: 'tasks',
  ...(unresolved === 0
    ? { state: 'ok', says: 'every live task is in its backends', view: undefined }
    : {
        state: 'broken',
        says: `${counted(unresolved, 'live task')} ${unresolved === 1 ? 'is' : 'are'} not routed`,
        view: 'unresolved',
      }),
})

const ofRecords = ({ counts: { drift } }: Overview): Verdict => ({
  about: 'records',
  ...(drift === 0
    ? { state: 'ok', says: 'no record belongs to others, and nobody changes ours', view: undefined }
    : {
        state: 'broken',
        says: `${counted(drift, 'record')} of others, or changed by others`,
        view: 'drift',
      }),
})

/** How things are: always about the same, in the same order, so that nothing below moves when a problem comes or goes. */
export const verdicts = (overview: Overview): readonly Verdict[] => [
  ...overview.targets.map(ofTarget),
  ofTasks(overview),
  ofSnapshots(overview),
  ofRecords(overview),
]
