import { sourceContext, type SourceContextOptions } from 'ecs-task-stream/testing'
import { ECSClient } from '@aws-sdk/client-ecs'
import { EC2Client } from '@aws-sdk/client-ec2'
import { SSMClient } from '@aws-sdk/client-ssm'
import { BehaviorSubject } from 'rxjs'
import { onTestFinished } from 'vitest'
import { type ApiFaults, type AwsApi, awsApi } from '../../sim/aws-api/aws-api.js'
import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { Place } from '../../src/core/arn.js'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { reduce } from '../../src/core/reduce.js'
import type { Delivery, Notice, Source } from '../../src/core/source.js'
import { ecsSnapshots } from '../../src/sources/ecs-api/snapshots/ecs-snapshots.js'
import type { InstanceClients } from '../../src/sources/ecs-api/clients/instance-clients.js'
import { type VirtualClock, virtualClock } from '../support/virtual-clock.js'
import { isRoutine } from '../support/routine-notice.js'

/** Changes the answers of an operation between the wire and the source, or throws in their place. */
export type Alteration = (operation: string, output: object) => void

/** AWS over the wire, under a clock that moves only when the test says so. It ends with the test. */
export interface AwsWorld {
  readonly api: AwsApi
  readonly clock: VirtualClock
  /** The places that clients were asked for. */
  readonly places: readonly Place[]
  readonly clients: (place: Place) => InstanceClients
  alter(alteration: Alteration): void
  /** Lets things happen until the condition holds; each time it does not, the clock moves on by `stepMs`. */
  until(condition: () => boolean, stepMs?: number): Promise<void>
  /** What to give to every source. */
  readonly options: {
    readonly clients: (place: Place) => InstanceClients
    readonly clock: VirtualClock
    readonly random: () => number
  }
}

export const awsWorld = async (
  clusters: readonly SimulatedCluster[],
  faults: ApiFaults = () => 'ok',
): Promise<AwsWorld> => {
  const clock = virtualClock(1_800_000_000_000)
  const api = await awsApi(clusters, { faults, now: () => clock.now() })
  const places: Place[] = []
  let alteration: Alteration = () => undefined

  const altered = <A extends { readonly output: object }>(command: unknown, answer: A): A => {
    alteration(String(command).replace(/Command$/, ''), answer.output)
    return answer
  }

  const clients = (place: Place): InstanceClients => {
    places.push(place)
    const config = {
      region: 'eu-west-1',
      endpoint: api.url,
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      maxAttempts: 1,
    }
    const made = { ecs: new ECSClient(config), ec2: new EC2Client(config), ssm: new SSMClient(config) }
    for (const client of Object.values(made)) onTestFinished(() => client.destroy())
    made.ecs.middlewareStack.add(
      (next, context) => async (request) => altered(context.commandName, await next(request)),
      { step: 'initialize' },
    )
    made.ec2.middlewareStack.add(
      (next, context) => async (request) => altered(context.commandName, await next(request)),
      { step: 'initialize' },
    )
    return made
  }

  onTestFinished(() => api.close())
  return {
    api,
    clock,
    places,
    clients,
    alter: (next) => {
      alteration = next
    },
    until: async (condition, stepMs = 0) => {
      while (!condition()) await clock.advance(stepMs)
    },
    options: { clients, clock, random: () => 0.5 },
  }
}

/** A source with a fold behind it, as `run` has. */
export interface Following {
  readonly deliveries: readonly Delivery[]
  readonly events: readonly ClusterEvent[]
  readonly notices: readonly Notice[]
  /** The notices that say only that the source works. */
  readonly routine: readonly Notice[]
  readonly failures: readonly Extract<Notice, { _tag: 'SourceFailed' }>[]
  readonly state: ClusterState
  readonly completed: boolean
  /** Becomes the folded state. */
  know(state: ClusterState): void
  stop(): void
  unsubscribe(): void
}

export const follow = (
  source: Source,
  known: ClusterState = emptyState,
  context: SourceContextOptions = {},
): Following => {
  const state$ = new BehaviorSubject(known)
  const deliveries: Delivery[] = []
  const notices: Notice[] = []
  const routine: Notice[] = []
  let completed = false
  const subscription = source.deliveries(sourceContext(state$, context)).subscribe({
    next: (output) => {
      if (output._tag !== 'Delivery') {
        ;(isRoutine(output) ? routine : notices).push(output)
        return
      }
      deliveries.push(output)
      state$.next(output.events.reduce(reduce, state$.value))
      output.ack()
    },
    complete: () => {
      completed = true
    },
  })
  onTestFinished(() => subscription.unsubscribe())
  return {
    deliveries,
    routine,
    notices,
    get events() {
      return deliveries.flatMap(({ events }) => events)
    },
    get failures() {
      return notices.filter((notice) => notice._tag === 'SourceFailed')
    },
    get state() {
      return state$.value
    },
    get completed() {
      return completed
    },
    know: (state) => state$.next(state),
    stop: () => state$.complete(),
    unsubscribe: () => subscription.unsubscribe(),
  }
}

/** The state after one snapshot of the cluster, with nothing looked up. */
export const listedState = async (world: AwsWorld, cluster: SimulatedCluster): Promise<ClusterState> => {
  const following = follow(ecsSnapshots({ clusters: [cluster.arn], ...world.options }))
  await world.until(() => following.deliveries.length > 0, 100)
  following.unsubscribe()
  return following.state
}

/** The cluster with everything launched and in its place. */
export const settled = (cluster: SimulatedCluster): SimulatedCluster => {
  cluster.start()
  cluster.settle()
  return cluster
}
