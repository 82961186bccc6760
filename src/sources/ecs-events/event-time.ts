import type { Millis } from '../../core/clock.js'

/** ECS was announced in November 2014. */
export const earliest: Millis = Date.UTC(2014, 0, 1)

const minute: Millis = 60_000

/** How far an event's time may be ahead of every trusted clock and be kept: clocks differ by seconds to minutes. */
export const aheadMs: Millis = 5 * minute

/** How far ahead it may be without rejection: a clock that is wrong by days must not reject honest events. */
export const farAheadMs: Millis = 7 * 24 * 60 * minute

/**
 * The plausible time of an event, or `undefined` if it is from before ECS existed or more than a week ahead.
 *
 * A time more than five minutes ahead is clamped to five minutes ahead, so that no event stays newer than the snapshots
 * of the next days. This is safe: a snapshot rules out older tasks that it does not list, and its own time comes from a
 * trusted clock, so it is not later than `latest`. A clamped event is therefore still newer than every snapshot taken
 * before it arrived, as with a correct time, and snapshots taken five minutes later apply to its task again.
 *
 * @param latest The latest time of any trusted clock.
 */
export const believedTime = (at: Millis, latest: Millis): Millis | undefined => {
  if (at < earliest || at > latest + farAheadMs) return undefined
  return at > latest + aheadMs ? latest + aheadMs : at
}
