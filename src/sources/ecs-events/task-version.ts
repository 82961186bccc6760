import { satisfying } from '../../shared/codec/lenient.js'

/**
 * The highest version of a task that is believed. ECS counts a task's changes from 1 and a task has about ten; a
 * million is a change each minute for two years. A status belongs to the highest version that was told, so one event
 * with a version like 2^53 - 1 would decide it for ever.
 */
export const maxVersion = 1_000_000

export const taskVersion = satisfying(
  `integer from 1 to ${maxVersion}`,
  (u): u is number => typeof u === 'number' && Number.isInteger(u) && u >= 1 && u <= maxVersion,
)
