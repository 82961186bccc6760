import type { Millis } from '../core/clock.js'
import { type Decoded, decodeEvent } from '../sources/ecs-events/ecs-event.js'
import {
  type TaskDescription,
  taskFromDescription,
  type TaskReading,
} from '../sources/ecs-events/task-description.js'

/** How sources read what ECS writes. */
export interface EcsDecoder {
  /**
   * Decodes an EventBridge event.
   *
   * @param json Its JSON, parsed.
   * @param latest The latest time of any trusted clock, in milliseconds since the epoch.
   */
  readonly event: (json: unknown, latest: Millis) => Decoded
  /**
   * Decodes a task in a DescribeTasks response.
   *
   * @param order The order of the snapshot, which orders observations of health.
   */
  readonly description: (description: TaskDescription, order: number) => TaskReading
}

/** The one that the package's sources use. */
export const ecsDecoder: EcsDecoder = {
  event: (json, latest) => decodeEvent(json, { latest }),
  description: taskFromDescription,
}
