import { ContinueServiceDeploymentCommand } from '@aws-sdk/client-ecs'
import { type Place, placeOf } from '../../../core/arn.js'
import { backoff } from '../../../core/backoff.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import type { ClusterState } from '../../../core/cluster-state.js'
import type { PausedHook, Rollout, ServiceArn } from '../../../core/deployment.js'
import type { Revision } from '../../../core/desired.js'
import { OptionError } from '../../../core/option-error.js'
import type { Report } from '../../../core/report.js'
import type { AnySink } from '../../../core/sink.js'
import type { Worker } from '../../../core/worker.js'
import { awsFailure, isTransient } from '../../../shared/aws/aws-failure.js'
import { perPlace } from '../../../shared/aws/aws-clients.js'
import { systemClock } from '../../../shared/async/system-clock.js'
import { type EcsClients, ecsClients } from '../clients/ecs-client.js'

/** Something that the driver did, or cannot do yet. */
export type DriverNotice =
  /** Every required sink holds the traffic of the stage, and ECS goes on. */
  | { readonly _tag: 'Continued'; readonly deployment: string; readonly stage: string }
  /** The deployment stays paused, until ECS's timeout at the latest. `reason`: what is missing, for people. */
  | {
      readonly _tag: 'Waiting'
      readonly deployment: string
      readonly stage: string
      readonly reason: string
      readonly expiresAt: Millis | undefined
    }
  /** ECS refused to go on. */
  | {
      readonly _tag: 'Refused'
      readonly deployment: string
      readonly stage: string
      readonly error: Error
    }

export interface ContinuePausedOptions {
  /** The worker's sinks: those that are required decide. At least one must be. */
  readonly sinks: readonly Pick<AnySink, 'name' | 'required' | 'dry'>[]
  /**
   * Continues pauses in these stages only. Leave out a stage in which a person decides. Default:
   * `POST_TEST_TRAFFIC_SHIFT` and `POST_PRODUCTION_TRAFFIC_SHIFT`, which follow a change of traffic.
   */
  readonly stages?: readonly string[]
  readonly notify?: (notice: DriverNotice) => void
  /** How long a sink may lag before that is notified. Default: 30,000 ms. */
  readonly patienceMs?: Millis
  /** As for `serviceDeployments`. The client needs `ecs:ContinueServiceDeployment`. */
  readonly clients?: (place: Place) => EcsClients
  readonly clock?: Clock
  readonly random?: Random
}

const defaultStages = ['POST_TEST_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT']

const retries = { base: 500, cap: 10_000 }

type Shifting = Extract<Rollout, { _tag: 'Shifting' }>

interface Pause {
  readonly rollout: Shifting
  readonly hook: PausedHook
  /** The delivery from which on the sinks must hold everything. */
  readonly revision: Revision
  state: 'waiting' | 'continuing' | 'done'
}

/** The progress of one sink. */
interface Progress {
  revision: Revision
  exact: boolean
  /** Why it does not hold everything, for people. */
  lacks: string | undefined
}

/**
 * Continues deployments that a lifecycle hook of type PAUSE holds, each as soon as every required sink holds the traffic
 * of the stage. With such hooks, ECS does not go on before the targets have followed: a blue/green deployment for
 * services without a load balancer of AWS.
 *
 * A deployment whose stage is not applied stays paused, and ECS does at the timeout what the hook says. That is so while
 * a target is down, while records of others are skipped, and while a rejected change is given up. It never continues a
 * stage that it did not apply, and a hook is continued once.
 *
 * Call it right after `run`. Ends with the worker.
 *
 * IAM: `ecs:ContinueServiceDeployment`, in addition to those of `serviceDeployments`.
 *
 * @throws OptionError without a required sink that writes.
 */
export const continuePaused = (
  worker: Pick<Worker, 'reports$' | 'state$'>,
  {
    sinks,
    stages = defaultStages,
    notify = () => undefined,
    patienceMs = 30_000,
    clients = ecsClients,
    clock = systemClock,
    random = Math.random,
  }: ContinuePausedOptions,
): void => {
  const required = sinks.filter(({ required = true, dry = false }) => required && !dry)
  if (required.length === 0)
    throw new OptionError('continuePaused: expected a required sink that writes, got none')
  const clientsOf = perPlace(clients)
  const stop = new AbortController()
  const progress = new Map<string, Progress>(
    required.map(({ name }) => [name, { revision: 0, exact: false, lacks: undefined }]),
  )
  const pauses = new Map<string, Pause>()
  let newest: Revision = 0
  let last: ClusterState['deployments'] | undefined

  /** The first sink that does not hold a revision, and why. `undefined` if all do. */
  const lagging = (revision: Revision): string | undefined => {
    for (const [name, { revision: reached, exact, lacks }] of progress) {
      if (reached < revision)
        return `${name} has not reached it yet${lacks === undefined ? '' : `: ${lacks}`}`
      if (!exact) return `${name} does not hold all of it${lacks === undefined ? '' : `: ${lacks}`}`
    }
    return undefined
  }

  const proceed = async (pause: Pause): Promise<void> => {
    const { deployment, stage } = pause.rollout
    const { signal } = stop
    const command = new ContinueServiceDeploymentCommand({
      serviceDeploymentArn: deployment,
      hookId: pause.hook.id,
      action: 'CONTINUE',
    })
    const isOver = (): boolean => signal.aborted
    for (let attempt = 0; !isOver(); attempt++)
      try {
        await clientsOf(placeOf(deployment)).ecs.send(command, { abortSignal: signal })
        pause.state = 'done'
        notify({ _tag: 'Continued', deployment, stage })
        return
      } catch (thrown) {
        if (isOver()) return
        if (!isTransient(thrown)) {
          pause.state = 'done'
          notify({ _tag: 'Refused', deployment, stage, error: awsFailure(thrown) })
          return
        }
        await clock.sleep(backoff(attempt, random, retries), signal)
        // The target may have changed in the meantime.
        if (lagging(pause.revision) !== undefined) {
          pause.state = 'waiting'
          return
        }
      }
  }

  const check = (): void => {
    for (const pause of pauses.values())
      if (pause.state === 'waiting' && lagging(pause.revision) === undefined) {
        pause.state = 'continuing'
        void proceed(pause)
      }
  }

  const complain = async (pause: Pause): Promise<void> => {
    await clock.sleep(patienceMs, stop.signal)
    const reason = lagging(pause.revision)
    if (stop.signal.aborted || pause.state !== 'waiting' || reason === undefined) return
    const { deployment, stage } = pause.rollout
    notify({ _tag: 'Waiting', deployment, stage, reason, expiresAt: pause.hook.expiresAt })
  }

  const follow = (service: ServiceArn, rollout: Rollout | undefined): void => {
    const paused = rollout?._tag === 'Shifting' && stages.includes(rollout.stage) ? rollout.paused : undefined
    const known = pauses.get(service)
    if (rollout?._tag !== 'Shifting' || paused === undefined) {
      pauses.delete(service)
      return
    }
    // A new description of the same pause may have other weights, which the sinks must hold as well.
    if (known?.hook.id === paused.id && known.state !== 'waiting') return
    const pause: Pause = { rollout, hook: paused, revision: newest, state: 'waiting' }
    pauses.set(service, pause)
    if (known?.hook.id !== paused.id) void complain(pause)
  }

  const report = (what: Report): void => {
    switch (what._tag) {
      case 'Folded':
        newest = what.revision
        return
      case 'Synced': {
        const sink = progress.get(what.sink)
        if (sink === undefined) return
        sink.revision = what.revision
        sink.exact = what.exact
        if (what.exact) sink.lacks = undefined
        check()
        return
      }
      case 'Planned': {
        const sink = progress.get(what.sink)
        const skipped = what.plan.skipped.filter(({ why }) => why !== 'incomplete')
        const [first] = skipped
        if (sink !== undefined && first !== undefined)
          sink.lacks = `${skipped.length} changes are skipped, such as "${first.change.key}" (${first.why})`
        return
      }
      case 'Rejected':
      case 'SinkFailed': {
        const sink = progress.get(what.sink)
        if (sink !== undefined) sink.lacks = what._tag === 'Rejected' ? what.reason : what.error.message
        return
      }
      case 'Abandoned':
      case 'Acknowledged':
      case 'Draining':
      case 'Unconfirmed':
      case 'AcknowledgedUnheld':
      case 'Applied':
      case 'CheckpointStored':
      case 'Conflicted':
      case 'JournalFailed':
      case 'Noticed':
      case 'Reached':
      case 'SinkWarned':
      case 'Swept':
      case 'Unresolved':
      case 'Unwritable':
    }
  }

  worker.reports$.subscribe({ next: report, complete: () => stop.abort() })
  worker.state$.subscribe(({ deployments }) => {
    const before = last
    last = deployments
    if (before === undefined)
      for (const [service, { described }] of deployments) follow(service, described?.rollout)
    else
      deployments.diff(before, (service, was, is) => {
        if (was?.described !== is?.described) follow(service, is?.described?.rollout)
      })
    check()
  })
}
