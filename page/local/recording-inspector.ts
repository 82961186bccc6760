import { NEVER } from 'rxjs'
import { defaultSkewAllowanceMs } from '../../src/core/liveness.js'
import type { InspectedWorld } from '../../src/inspector/inspected-world.js'
import type { Inspector } from '../../src/inspector/inspector.js'
import { inspectorOf } from '../../src/inspector/inspector-of.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { systemClock } from '../../src/shared/async/system-clock.js'
import { pastWorld } from './past-world.js'
import type { Recording } from './recording.js'

/** The policy and the allowance with which `replay` begins. */
const options = { expose: deployments(servicePorts()), skewAllowanceMs: defaultSkewAllowanceMs }

/** Asks a recording. Now is its end. */
export const recordingInspector = (name: string, recording: Recording, signal: AbortSignal): Inspector => {
  const { from = 0, to = 0 } = recording
  const observed = { worker: name, version: 'recording', startedAt: from, journal: { from, to } }
  let last: { readonly at: number; readonly world: InspectedWorld } | undefined
  return inspectorOf({
    world: (asked) => {
      const at = asked ?? to
      if (last?.at !== at) last = { at, world: pastWorld(recording, at, { ...options, observed }) }
      return Promise.resolve(last.world)
    },
    changes$: NEVER,
    clock: systemClock,
    signal,
  })
}
