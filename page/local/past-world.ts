import type { Millis } from '../../src/core/clock.js'
import type { ExplainedTarget } from '../../src/core/explain/explained-target.js'
import type { Desired } from '../../src/core/desired.js'
import type { Policy } from '../../src/core/policy.js'
import { project } from '../../src/core/project.js'
import type { InspectedWorld } from '../../src/inspector/inspected-world.js'
import { nothingObserved, type Observed } from '../../src/inspector/observed.js'
import type { Recording } from './recording.js'

export interface PastOptions {
  readonly expose: Policy
  readonly skewAllowanceMs: Millis
  /** What the targets held, against what is desired. Default: there is no target. */
  readonly targets?: (at: Millis, desired: Desired) => readonly ExplainedTarget[]
  readonly observed?: Partial<Observed>
}

/** The world at a moment of a recording, as the command `replay` works it out. */
export const pastWorld = (
  recording: Recording,
  at: Millis,
  { expose, skewAllowanceMs, targets, observed }: PastOptions,
): InspectedWorld => {
  const { state, revision } = recording.at(at)
  const options = { expose, covers: recording.covers, skewAllowanceMs }
  const desired = { ...project(state, options), revision }
  return {
    state,
    options,
    desired,
    targets: targets?.(at, desired) ?? [],
    now: at,
    observed: { ...nothingObserved, ...observed, revision },
  }
}
