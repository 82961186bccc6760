import { errorOf } from '../../core/error-of.js'
import {
  type CaddyChange,
  type CaddyOutcome,
  failed,
  writeAtOnce,
  type WriteOptions,
} from './write-at-once.js'

/**
 * How many writes Caddy may refuse in one round. Each makes it load a whole configuration, and if something else in it
 * is wrong, it refuses all.
 */
const mostRefusals = 16

/**
 * `Sink.apply`: one write for all changes. If Caddy refuses it, the changes are divided until those are found that it
 * refuses.
 */
export const applyChanges = async (
  changes: readonly CaddyChange[],
  options: WriteOptions,
): Promise<readonly CaddyOutcome[]> => {
  const outcomes: CaddyOutcome[] = []
  const parts: (readonly CaddyChange[])[] = [changes]
  const giveUp = (error: Error): void => {
    outcomes.push(...parts.splice(0).flatMap((part) => failed(part, error)))
  }
  let refusals = 0
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    try {
      const { outcomes: found, refused, error } = await writeAtOnce(part, options)
      outcomes.push(...found)
      if (error === undefined) continue
      refusals++
      const half = Math.ceil(refused.length / 2)
      if (refused.length === 1) outcomes.push(...failed(refused, error))
      else parts.push(refused.slice(0, half), refused.slice(half))
      if (refusals >= mostRefusals) giveUp(error)
    } catch (thrown) {
      parts.push(part)
      giveUp(errorOf(thrown))
    }
  }
  return outcomes
}
