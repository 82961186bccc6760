import type { Millis } from '../../src/core/clock.js'
import type { WireRequest } from '../network/wire.js'

interface Listing {
  readonly at: Millis
  /** The tasks that are to run. */
  readonly arns: readonly string[]
}

interface ListInput {
  readonly cluster?: string
  readonly serviceName?: string
  readonly family?: string
  readonly nextToken?: string
}

const pageSize = 100

/** A cluster, as far as ListTasks shows it. */
export interface ListedCluster {
  readonly arn: string
  tasks(): readonly { readonly arn: string; readonly desiredStatus: string }[]
}

/** No answer is older. */
export const oldest: Millis = 20_000

/**
 * What ListTasks would have answered seconds ago: ECS may announce a task before it lists it. Only for lists of whole
 * clusters that fit on a page.
 */
export class Listings {
  readonly #byCluster = new Map<string, Listing[]>()

  constructor(private readonly now: () => Millis) {}

  /** Something has changed in the cluster. */
  note(cluster: ListedCluster): void {
    const at = this.now()
    const known = this.#byCluster.get(cluster.arn) ?? []
    const arns = cluster
      .tasks()
      .flatMap(({ arn, desiredStatus }) => (desiredStatus === 'RUNNING' ? [arn] : []))
    // The last one before that time is the answer of that time.
    const first = known.findLastIndex((listing) => listing.at <= at - oldest)
    this.#byCluster.set(cluster.arn, [...known.slice(Math.max(0, first)), { at, arns }])
  }

  /** The body of the answer of `ago` ago; `undefined` if it is not known, or the request is another one. */
  answer({ operation, body }: WireRequest, ago: Millis): string | undefined {
    if (operation !== 'ListTasks') return undefined
    const { cluster = '', serviceName, family, nextToken } = JSON.parse(body) as ListInput
    if (serviceName !== undefined || family !== undefined || nextToken !== undefined) return undefined
    const then = this.#byCluster.get(cluster)?.findLast(({ at }) => at <= this.now() - ago)
    return then === undefined || then.arns.length > pageSize
      ? undefined
      : JSON.stringify({ taskArns: then.arns })
  }
}
