import type { ClusterEvent } from 'ecs-task-stream'
import { decodeMessage } from 'ecs-task-stream/sources/ecs-event'

/** The events in messages. */
export const eventsOf = (bodies: readonly string[]): readonly ClusterEvent[] =>
  bodies.flatMap((body) => {
    const decoded = decodeMessage(body)
    return decoded._tag === 'Event' ? [decoded.event] : []
  })
