import type { Millis } from '../../core/clock.js'

/** ECS was announced in November 2014. */
export const earliest: Millis = Date.UTC(2014, 0, 1)

const minute: Millis = 60_000

/** How far an event may be ahead of every trusted clock and still be believed: clocks differ by seconds to minutes. */
export const aheadMs: Millis = 5 * minute

/** How far ahead it may be and still be an event: clocks that are wrong by days must not refuse honest events. */
export const farAheadMs: Millis = 7 * 24 * 60 * minute

/**
 * When an event says that its task changed, as far as that can be believed; `undefined` where it cannot: before ECS
 * began, or more than a week from now.
 *
 * A time that is more than five minutes ahead becomes five minutes ahead, so that no event stays newer than the
 * snapshots of the next days. That is safe. A snapshot rules out the tasks that it does not name and that are older
 * than it; its own time was told by a trusted clock before, so it is not later than `latest`. An event that was
 * clamped is therefore still newer than every snapshot taken before it came, as it is when its time is right; and
 * the snapshots that are taken five minutes later may speak about its task again.
 *
 * @param latest the latest time that any trusted clock has told.
 */
export const believedTime = (at: Millis, latest: Millis): Millis | undefined => {
  if (at < earliest || at > latest + farAheadMs) return undefined
  return at > latest + aheadMs ? latest + aheadMs : at
}
