import { DescribeServicesCommand, ListServiceDeploymentsCommand } from '@aws-sdk/client-ecs'
import { setMaxListeners } from 'node:events'
import { Observable } from 'rxjs'
import { type ClusterArn, type Place, placeOf } from '../../../core/arn.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import { type ClusterState, emptyState } from '../../../core/cluster-state.js'
import { clusterOfService, type ServiceArn, serviceOfTask } from '../../../core/deployment.js'
import type { ClusterEvent } from '../../../core/event.js'
import { believed, defaultSkewAllowanceMs, livenessOf } from '../../../core/liveness.js'
import { OptionError } from '../../../core/option-error.js'
import type { Exposable } from '../../../core/policy.js'
import type { Delivery, Notice, Source } from '../../../core/source.js'
import { Stamps } from '../../../core/stamps.js'
import type { Task } from '../../../core/task.js'
import { perPlace } from '../../../shared/aws/aws-clients.js'
import { permitted } from '../../../shared/aws/permitted.js'
import { changedTasks } from '../changed-tasks.js'
import { countedBuckets } from '../clients/counted-buckets.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'
import { deploymentReads, type EcsClients, ecsClients } from '../clients/ecs-client.js'
import { awsFailure } from '../../../shared/aws/aws-failure.js'
import { CallFailed } from '../snapshots/ecs-calls.js'
import { isServiceArn } from '../../ecs-events/ecs-arn.js'
import { AskedService } from './asked-service.js'
import { DeploymentFollower } from './deployment-follower.js'

export type { EcsClients } from '../clients/ecs-client.js'
export type { Priority, TokenBucket } from '../../../shared/aws/token-bucket.js'

export interface ServiceDeploymentsOptions {
  /**
   * Asks only about the services of these tasks. Must be pure, and constant for the lifetime of a task. Default: all
   * tasks of services.
   */
  readonly only?: (task: Exposable) => boolean
  /** The pause between two questions about the deployments in progress. Default: 3,000 ms. */
  readonly pollMs?: Millis
  /**
   * The client for an account and region; called once for each. Default: a client for that region with the
   * environment's credentials, which give access to their own account only.
   */
  readonly clients?: (place: Place) => EcsClients
  /**
   * Limits the calls per account and region. Default: 10 at once and 2 per second, shared with the other default
   * sources of the process.
   */
  readonly bucket?: (place: Place) => TokenBucket
  readonly clock?: Clock
  readonly random?: Random
  /** Default: `service-deployments`. */
  readonly name?: string
}

const noop = (): void => undefined

const isRunning = (task: Task, { marks }: ClusterState): boolean => {
  const mark = marks.get(task.cluster)
  return livenessOf(believed(task, mark, defaultSkewAllowanceMs), mark, defaultSkewAllowanceMs) !== 'gone'
}

/**
 * Asks ECS about the deployments of services, for policies that follow them (see `deployments`), and only for these.
 *
 * - A service is asked about (DescribeServices, ten a call) when its tasks have two different `startedBy`, which is what
 *   every deployment shows first. One that deploys by rolling needs no further question until its next deployment. The
 *   first time, its new tasks wait for the answer; later, only those of services that deploy in stages do.
 * - A deployment in progress is asked about every few seconds (DescribeServiceDeployments, twenty a call), and at once
 *   when ECS announces a change of it, if the events of deployments and hooks reach the worker.
 * - Failed calls are reported and retried with backoff. A service of which nothing is known is not held back for longer
 *   than six attempts. Where ECS refuses, that is warned of once: services then behave as if they deployed by rolling,
 *   and the question is asked again after 15 minutes.
 *
 * Tasks that no service started, or that do not say what started them, are not its business.
 *
 * IAM: `ecs:DescribeServices`, `ecs:DescribeServiceDeployments`, `ecs:ListServiceDeployments`,
 * `ecs:DescribeServiceRevisions`.
 *
 * @throws OptionError for a pause that is not positive.
 */
export const serviceDeployments = ({
  only = () => true,
  pollMs = 3_000,
  clients = ecsClients,
  name = 'service-deployments',
  ...fixed
}: ServiceDeploymentsOptions = {}): Source => {
  if (!(pollMs > 0))
    throw new OptionError(`serviceDeployments: pollMs: expected a number above 0, got ${pollMs}`)
  const clientsOf = perPlace(clients)
  return {
    name,
    covers: [],
    provides: ['deployments'],
    examine: async ({ clusters, signal: abortSignal }) => {
      const findings = clusters.map((cluster) => {
        const { ecs } = clientsOf(placeOf(cluster))
        // Nothing has this name.
        const service = 'ecs-task-stream-doctor'
        return Promise.all([
          permitted(`ecs:DescribeServices in ${cluster}`, () =>
            ecs.send(new DescribeServicesCommand({ cluster, services: [service] }), { abortSignal }),
          ),
          permitted(`ecs:ListServiceDeployments in ${cluster}`, () =>
            ecs.send(new ListServiceDeploymentsCommand({ cluster, service }), { abortSignal }),
          ),
        ])
      })
      return (await Promise.all(findings)).flat()
    },
    deliveries: (context) =>
      new Observable<Delivery | Notice>((subscriber) => {
        const { clock = context.clock, random = context.random } = fixed
        const { bucket: uncounted = deploymentReads(clock) } = fixed
        const bucket = countedBuckets(uncounted, (calls) => subscriber.next({ _tag: 'Called', calls }))
        const stop = new AbortController()
        const { signal } = stop
        // Every call and every wait adds a listener; this is not a leak, which Node would warn of.
        setMaxListeners(0, signal)
        const stamps = new Stamps()
        const services = new Map<ServiceArn, AskedService>()
        const followers = new Map<ClusterArn, DeploymentFollower>()
        let seen = emptyState

        const tell = (events: readonly ClusterEvent[]): void =>
          subscriber.next({ _tag: 'Delivery', events, ack: noop, nack: noop })

        const followerOf = (service: ServiceArn): DeploymentFollower => {
          const cluster = clusterOfService(service) ?? ''
          const found = followers.get(cluster)
          if (found !== undefined) return found
          const place = placeOf(service)
          const follower = new DeploymentFollower({
            cluster,
            call: async (operation, call) => {
              await bucket(place).take(1, signal)
              signal.throwIfAborted()
              return call(clientsOf(place).ecs, signal).catch((thrown: unknown) => {
                throw new CallFailed(operation, awsFailure(thrown).message, thrown)
              })
            },
            pollMs,
            state: () => seen,
            serviceOf: (each) => services.get(each),
            tell,
            notice: (notice) => subscriber.next(notice),
            stamp: () => stamps.next(clock.now()),
            clock,
            random,
            signal,
          })
          followers.set(cluster, follower)
          return follower
        }

        const count = (task: Task | undefined, state: ClusterState, by: 1 | -1): ServiceArn | undefined => {
          const service = task === undefined ? undefined : serviceOfTask(task)
          // ECS would refuse a whole call for one implausible name.
          if (task === undefined || service === undefined) return undefined
          if (!services.has(service) && !isServiceArn(service)) return undefined
          if (!only(task) || !isRunning(task, state)) return undefined
          const asked = services.get(service) ?? new AskedService()
          services.set(service, asked)
          asked.groups.add(task, by)
          return service
        }

        const follow = (service: ServiceArn): void => {
          const asked = services.get(service)
          if (asked === undefined) return
          if (asked.groups.isEmpty) {
            services.delete(service)
            followerOf(service).leave(service)
            return
          }
          switch (asked.need(seen.deployments.get(service))) {
            case 'nothing':
              return
            case 'answer':
              // Holds back its new tasks, before a target can learn of them.
              tell([
                {
                  _tag: 'DeploymentDescribed',
                  service,
                  rollout: { _tag: 'Settled', startedBy: asked.holds() },
                  at: stamps.next(clock.now()),
                },
              ])
              followerOf(service).want(service)
              return
            case 'check':
              followerOf(service).want(service)
              return
            case 'polling':
              followerOf(service).poll(service)
              return
          }
        }

        const look = (state: ClusterState): void => {
          const before = seen
          seen = state
          const touched = new Set<ServiceArn | undefined>()
          for (const arn of changedTasks(before, state)) {
            touched.add(count(before.tasks.get(arn), before, -1))
            touched.add(count(state.tasks.get(arn), state, 1))
          }
          state.deployments.diff(before.deployments, (service, was, is) => {
            touched.add(service)
            if ((is?.announcedAt ?? 0) > (was?.announcedAt ?? 0))
              followers.get(clusterOfService(service) ?? '')?.hurry()
          })
          for (const service of touched) if (service !== undefined) follow(service)
        }

        const watching = context.followsDeployments
          ? context.state$.subscribe({ next: look, complete: () => end() })
          : context.state$.subscribe({ complete: () => end() })
        const end = (): void => {
          stop.abort()
          void Promise.all([...followers.values()].map((follower) => follower.idle())).then(() =>
            subscriber.complete(),
          )
        }
        return () => {
          stop.abort()
          watching.unsubscribe()
        }
      }),
  }
}
