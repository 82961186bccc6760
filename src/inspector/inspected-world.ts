import type { ExplainedWorld } from '../core/explain/explained-world.js'
import type { Observed } from './observed.js'

/** Everything that the inspector shows follows from this. It does not change. */
export interface InspectedWorld extends ExplainedWorld {
  readonly observed: Observed
}
