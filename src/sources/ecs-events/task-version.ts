import { satisfying } from '../../shared/codec/lenient.js'

/**
 * The highest plausible version of a task. ECS counts a task's changes from 1, and a task has about ten; a million is a
 * change each minute for two years. The status with the highest version wins, so one event with a version such as
 * 2^53 - 1 would otherwise win forever.
 */
export const maxVersion = 1_000_000

export const taskVersion = satisfying(
  `integer from 1 to ${maxVersion}`,
  (u): u is number => typeof u === 'number' && Number.isInteger(u) && u >= 1 && u <= maxVersion,
)
