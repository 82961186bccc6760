import type { ExplainedTarget, UnlikeRecord } from '../../core/explain/explained-target.js'
import type { Owner } from '../../core/sink.js'
import type { InspectedWorld } from '../inspected-world.js'

/** A record that is not as desired, and its target. */
export interface UnlikeIn {
  readonly target: Extract<ExplainedTarget, { readonly _tag: 'Read' }>
  readonly unlike: UnlikeRecord
}

/** Of all targets, in the order of the worker. */
export function* unlikeRecords({ targets }: InspectedWorld): Generator<UnlikeIn> {
  for (const target of targets) {
    if (target._tag === 'Unread') continue
    for (const unlike of target.unlike) yield { target, unlike }
  }
}

/** The owner of a record, as the target holds it. */
export const ownerIn = ({ target, unlike: { key } }: UnlikeIn): Owner | undefined => target.ownerOf(key)

/** The number of records that are not as desired. */
export const countUnlike = ({ targets }: InspectedWorld): number =>
  targets.reduce((sum, target) => sum + (target._tag === 'Unread' ? 0 : target.unlike.length), 0)
