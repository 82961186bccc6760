import { sourceContext } from 'ecs-task-stream/testing'
import type { ClusterEvent, ClusterState, Delivery, Notice, Policy, Source } from 'ecs-task-stream'
import { emptyState, reduce, servicePorts } from 'ecs-task-stream'
import { BehaviorSubject } from 'rxjs'

type Health = Extract<ClusterEvent, { _tag: 'HealthObserved' }>

export interface ProbedWorld {
  /** Folds events, as if another source had delivered them. */
  readonly fold: (...events: readonly ClusterEvent[]) => void
  readonly state: ClusterState
  /** Goes on from another state, such as a swept one. */
  readonly forget: (state: ClusterState) => void
  /** What the source has told, in order. */
  readonly told: readonly Health[]
  readonly notices: readonly Notice[]
  readonly completed: boolean
  readonly stop: () => void
  readonly unsubscribe: () => void
}

/** Follows a source that probes, and folds what it delivers, as `run` does; `loses` says which deliveries it does not. */
export const probedWorld = (
  source: Source,
  loses: (delivery: Delivery) => boolean = () => false,
  expose: Policy = servicePorts(),
): ProbedWorld => {
  const state$ = new BehaviorSubject<ClusterState>(emptyState)
  const told: Health[] = []
  const notices: Notice[] = []
  let completed = false
  const fold = (...events: readonly ClusterEvent[]): void => state$.next(events.reduce(reduce, state$.value))
  const subscription = source.deliveries(sourceContext(state$, { expose })).subscribe({
    next: (output) => {
      if (output._tag !== 'Delivery') {
        notices.push(output)
        return
      }
      for (const event of output.events) if (event._tag === 'HealthObserved') told.push(event)
      if (!loses(output)) fold(...output.events)
    },
    complete: () => (completed = true),
  })
  return {
    fold,
    get state() {
      return state$.value
    },
    forget: (state) => state$.next(state),
    told,
    notices,
    get completed() {
      return completed
    },
    stop: () => state$.complete(),
    unsubscribe: () => subscription.unsubscribe(),
  }
}
