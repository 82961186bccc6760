import { sourceContext } from 'ecs-task-stream/testing'
import { BehaviorSubject } from 'rxjs'
import { type ClusterEvent, type Delivery, emptyState, type Notice, type Source } from 'ecs-task-stream'

/**
 * Everything that a source says until it completes, where every delivery is settled by `settle`. Default:
 * acknowledged at once.
 */
export const heard = (
  source: Source,
  settle: (delivery: Delivery) => void = (delivery) => delivery.ack(),
): Promise<{
  readonly deliveries: readonly (readonly ClusterEvent[])[]
  readonly notices: readonly Notice[]
}> =>
  new Promise((resolve, reject) => {
    const deliveries: (readonly ClusterEvent[])[] = []
    const notices: Notice[] = []
    source.deliveries(sourceContext(new BehaviorSubject(emptyState))).subscribe({
      next: (output) => {
        if (output._tag === 'Delivery') {
          deliveries.push(output.events)
          settle(output)
        } else notices.push(output)
      },
      error: reject,
      complete: () => resolve({ deliveries, notices }),
    })
  })
