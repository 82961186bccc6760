import { DescribeContainerInstancesCommand } from '@aws-sdk/client-ecs'
import { type ClusterArn, type InstanceArn, lastSegment, type Place, placeOf } from '../../../core/arn.js'
import type { Clock, Random } from '../../../core/clock.js'
import type { ClusterEvent } from '../../../core/event.js'
import type { Finding } from '../../../core/finding.js'
import type { Exposable } from '../../../core/policy.js'
import type { Source } from '../../../core/source.js'
import { Stamps } from '../../../core/stamps.js'
import type { Task } from '../../../core/task.js'
import { distinctPlaces, perPlace } from '../../../shared/aws/aws-clients.js'
import { permitted } from '../../../shared/aws/permitted.js'
import { resourceReads } from '../clients/ecs-client.js'
import { type InstanceClients, instanceClients } from '../clients/instance-clients.js'
import { isDaemonDefinition } from '../../../core/daemon-task.js'
import { type LookupFailure, lookupFailure } from './lookup-failure.js'
import type { Answer } from './lookup-queue.js'
import { isRunning, lookup } from './lookup.js'
import type { AddressesById, AddressKind } from './machine-addresses.js'
import { RecentMap } from '../../../shared/async/recent-map.js'
import { countedBuckets } from '../clients/counted-buckets.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

export type { Priority, TokenBucket } from '../../../shared/aws/token-bucket.js'
export type { EcsClients } from '../clients/ecs-client.js'
export type { InstanceClients } from '../clients/instance-clients.js'
export type { AddressKind } from './machine-addresses.js'

export interface InstanceAddressesOptions {
  /**
   * Which instances to look up:
   * - `addressed` (default): those of running tasks that use their instance's address, in bridge and host mode.
   * - `all`: those of all running tasks that have one, to know where tasks run.
   */
  readonly for?: 'addressed' | 'all'
  /**
   * Limits the lookups to the instances of these tasks, such as those of one service. Must be pure, and constant for
   * the lifetime of a task. Default: all tasks.
   */
  readonly only?: (task: Exposable) => boolean
  /**
   * Which addresses to use. `public` finds EC2 instances with a public IPv4 address or an IPv6 address; others, and all
   * instances of ECS Anywhere, stay unresolved. Default: `private`.
   */
  readonly address?: AddressKind
  /**
   * The clients for an account and region; called once for each. Default: clients for that region with the
   * environment's credentials, which give access to their own account only.
   */
  readonly clients?: (place: Place) => InstanceClients
  /** Limits the ECS calls per account and region. Default: 20 at once and 5 per second, shared with `ecsSnapshots`. */
  readonly bucket?: (place: Place) => TokenBucket
  readonly clock?: Clock
  readonly random?: Random
  /** Default: `instance-addresses`. */
  readonly name?: string
}

/** An id that no instance has. */
const nobody = '0'.repeat(32)

/** Maximum number of instances per DescribeContainerInstances call. */
const batch = 100
/** Maximum number of values in a DescribeInstanceInformation filter. */
const ssmBatch = 50

/** An instance never changes its machine, so results are cached; the cache is bounded, because machines come and go. */
const rememberedMachines = 10_000

const clusterOf = (instance: InstanceArn): ClusterArn =>
  instance.slice(0, instance.lastIndexOf('/')).replace(':container-instance/', ':cluster/')

/** Ids have 32 hexadecimal digits, or were UUIDs before 2020; the pattern leaves room for future forms. */
const isInstanceArn = (text: string): boolean =>
  /^arn:[\w-]+:ecs:[\w-]+:\d+:container-instance\/[\w-]+\/[\w-]{1,100}$/.test(text)

const chunks = <A>(items: readonly A[], size: number): readonly (readonly A[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

/** In awsvpc mode, a task has its own interface; a managed daemon exposes no ports. */
const isAddressed = ({ interface: own, definition }: Task): boolean =>
  own === undefined && (definition === undefined || !isDaemonDefinition(definition))

/** Possible reasons why a machine has no address. */
const hints = {
  DescribeInstances:
    "it is terminated, or EC2 hides it: machines of ECS Managed Instances are visible only if the account's managed resource visibility allows it",
  DescribeInstanceInformation: 'Systems Manager knows the addresses of connected machines only',
} as const

/** For messages: the ids, or the first few of many. */
const some = (ids: readonly string[]): string =>
  ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`

/**
 * Looks up the addresses and machines of the container instances of running tasks in bridge or host mode, with
 * DescribeContainerInstances, and then EC2's DescribeInstances, or Systems Manager for the `mi-…` machines of ECS
 * Anywhere. Each instance is looked up once while it is needed, up to 100 in a call.
 *
 * Instances of tasks that a snapshot lists come first. Failed calls are reported and retried, soon after throttling and
 * faults. If the service refuses (the instance or its address is unknown, or the permission is missing), the instance
 * is looked up three times within a minute. Then the refusal is final (`LookupRefused`): its tasks are reported as
 * unresolved, and the lookup is retried every 15 to 30 minutes. A refusal does not delay other services.
 *
 * An instance of another cluster than the task's is refused without a call.
 *
 * IAM: `ecs:DescribeContainerInstances`, `ec2:DescribeInstances`, and `ssm:DescribeInstanceInformation` for ECS
 * Anywhere.
 */
export const instanceAddresses = ({
  for: whose = 'addressed',
  only = () => true,
  address = 'private',
  clients = instanceClients,
  name = 'instance-addresses',
  ...options
}: InstanceAddressesOptions = {}): Source => {
  const clientsOf = perPlace(clients)
  const stamps = new Stamps()
  const nothing = address === 'public' ? 'no public address' : 'no address'
  /** `i-…` or `mi-…`, by instance. */
  const machines = new RecentMap<string>(rememberedMachines)

  return lookup({
    ...options,
    name,
    provides: 'addresses',
    examine: async ({ clusters, signal: abortSignal }) => {
      const ofClusters = clusters.map((cluster) => {
        const { ecs } = clientsOf(placeOf(cluster))
        const command = new DescribeContainerInstancesCommand({ cluster, containerInstances: [nobody] })
        return permitted(`ecs:DescribeContainerInstances in ${cluster}`, () =>
          ecs.send(command, { abortSignal }),
        )
      })
      const ofPlaces = distinctPlaces(clusters).map(async (place) => {
        const { ec2, ssm } = clientsOf(place)
        const machines = await permitted('ec2:DescribeInstances', async () => {
          const { ec2Addresses } = await import('./ec2-addresses.js')
          await ec2Addresses(
            typeof ec2 === 'function' ? await ec2() : ec2,
            [`i-${nobody.slice(0, 17)}`],
            abortSignal,
          )
        })
        const external = await permitted('ssm:DescribeInstanceInformation', async () => {
          const { ssmAddresses } = await import('./ssm-addresses.js')
          await ssmAddresses(
            typeof ssm === 'function' ? await ssm() : ssm,
            [`mi-${nobody.slice(0, 17)}`],
            abortSignal,
          )
        })
        const only: Finding = {
          ...external,
          result: 'warning',
          detail: `only ECS Anywhere needs it. ${external.detail}`,
        }
        return [machines, external.result === 'failed' ? only : external]
      })
      return [...(await Promise.all(ofClusters)), ...(await Promise.all(ofPlaces)).flat()]
    },
    question: ({ clock, called }) => {
      const { bucket: uncounted = resourceReads(clock) } = options
      const bucket = countedBuckets(uncounted, called)
      const turn = (cluster: ClusterArn, signal: AbortSignal): Promise<boolean> =>
        bucket(placeOf(cluster)).take(1, signal, 'last')

      /** Finds the machines of the instances. Returns the failures. */
      const findMachines = async (
        instances: readonly InstanceArn[],
        cluster: ClusterArn,
        signal: AbortSignal,
      ): Promise<readonly LookupFailure[]> => {
        const operation = 'DescribeContainerInstances'
        const unknown = instances.filter((instance) => machines.get(instance) === undefined)
        if (unknown.length === 0) return []
        try {
          const { containerInstances = [] } = await clientsOf(placeOf(cluster)).ecs.send(
            new DescribeContainerInstancesCommand({ cluster, containerInstances: [...unknown] }),
            { abortSignal: signal },
          )
          const byId = new Map(unknown.map((instance) => [lastSegment(instance), instance]))
          for (const { containerInstanceArn = '', ec2InstanceId } of containerInstances) {
            const instance = byId.get(lastSegment(containerInstanceArn))
            if (instance !== undefined && ec2InstanceId !== undefined) machines.set(instance, ec2InstanceId)
          }
          const missing = unknown.filter((instance) => machines.get(instance) === undefined)
          const error = new Error(`${cluster} does not know ${some(missing)}`)
          return missing.length === 0 ? [] : [{ operation, error, keys: missing, retry: 'later' }]
        } catch (thrown) {
          const failure = lookupFailure(operation, unknown, some(unknown), thrown)
          if (unknown.length === 1 || failure.retry === 'soon' || failure.denied === true) return [failure]
          // One of them makes ECS refuse the whole call. Splitting finds it, so that the others are not refused with it.
          const half = Math.ceil(unknown.length / 2)
          const failures: LookupFailure[] = []
          for (const part of [unknown.slice(0, half), unknown.slice(half)]) {
            if (!(await turn(cluster, signal))) break
            failures.push(...(await findMachines(part, cluster, signal)))
          }
          return failures
        }
      }

      const ask = async (instances: readonly InstanceArn[], signal: AbortSignal): Promise<Answer> => {
        const [first = ''] = instances
        const cluster = clusterOf(first)
        const { ec2, ssm } = clientsOf(placeOf(cluster))
        const at = stamps.next(clock.now())
        const failures = [...(await findMachines(instances, cluster, signal))]
        const found = instances.flatMap((instance) => {
          const machine = machines.get(instance)
          return machine === undefined ? [] : [{ instance, machine }]
        })
        const events: ClusterEvent[] = []

        const learn = async (
          operation: keyof typeof hints,
          asked: readonly (typeof found)[number][],
          describe: (ids: readonly string[]) => Promise<AddressesById>,
        ): Promise<void> => {
          if (asked.length === 0) return
          called(1)
          try {
            const described = await describe(asked.map(({ machine }) => machine))
            for (const { instance, machine } of asked) {
              const found = described.get(machine)
              if (found !== undefined) events.push({ _tag: 'InstanceDescribed', instance, ...found, at })
            }
            const without = asked.filter(({ machine }) => !described.has(machine))
            if (without.length === 0) return
            const error = new Error(
              `${nothing} of ${some(without.map(({ machine }) => machine))} (${hints[operation]})`,
            )
            failures.push({ operation, error, keys: without.map(({ instance }) => instance), retry: 'later' })
          } catch (thrown) {
            const keys = asked.map(({ instance }) => instance)
            failures.push(lookupFailure(operation, keys, some(asked.map(({ machine }) => machine)), thrown))
          }
        }

        const external = found.filter(({ machine }) => machine.startsWith('mi-'))
        const ofEc2 = found.filter(({ machine }) => !machine.startsWith('mi-'))
        await Promise.all([
          learn('DescribeInstances', ofEc2, async (ids) => {
            const { ec2Addresses } = await import('./ec2-addresses.js')
            return ec2Addresses(typeof ec2 === 'function' ? await ec2() : ec2, ids, signal, address)
          }),
          ...chunks(external, ssmBatch).map((asked) =>
            learn('DescribeInstanceInformation', asked, async (ids) => {
              // Systems Manager has only one address, and does not say whether it is public.
              if (address === 'public') return new Map()
              const { ssmAddresses } = await import('./ssm-addresses.js')
              return ssmAddresses(typeof ssm === 'function' ? await ssm() : ssm, ids, signal)
            }),
          ),
        ])
        return { events, failures }
      }

      return {
        needOf: (task) =>
          isRunning(task) && (whose === 'all' || isAddressed(task)) && only(task) ? task.instance : undefined,
        refusalOf: (instance, { cluster }) =>
          !isInstanceArn(instance)
            ? `${instance} is not the ARN of a container instance`
            : clusterOf(instance) !== cluster
              ? `${instance} is not in the task's cluster, ${cluster}`
              : undefined,
        known: (state) => state.instances,
        groupOf: clusterOf,
        batch,
        concurrency: 1,
        turn,
        ask,
      }
    },
  })
}
