/** Backends as instances of Cloud Map's services. Pure. */
import type { Backend } from '../../core/desired.js'
import { hostsIn } from '../../core/host-in.js'
import { mergeIncomplete } from '../../core/merge-incomplete.js'
import { renderEach } from '../../core/render-each.js'
import type { Sink } from '../../core/sink.js'
import { canonicalText } from '../../shared/codec/json.js'
import { withoutIdle } from '../kit/idle-endpoints.js'
import { byAddress, type CloudMapInstances, instanceOf } from './instance.js'

const renderInstances = (
  { endpoints, complete, gone }: Backend,
  before: CloudMapInstances | undefined,
): CloudMapInstances | undefined => {
  // The services are the user's: a backend without one is not registered.
  if (before === undefined) return undefined
  // Cloud Map has no weights, so an endpoint that is to get nothing is left out; unless all are.
  const { offered, idle } = withoutIdle(endpoints)
  const merged = mergeIncomplete(
    { complete, gone: [...gone, ...idle] },
    { live: offered.map(instanceOf), held: before.instances, addressOf: ({ address }) => address },
  )
  return { instances: merged.toSorted(byAddress) }
}

export const emptied = (): CloudMapInstances => ({ instances: [] })

/** Everything of the sink except its target. */
export const cloudMapRendering: Required<
  Pick<Sink<CloudMapInstances>, 'equals' | 'render' | 'parts' | 'prune' | 'hostsOf' | 'emptied'>
> = {
  equals: (a, b) => a === b || canonicalText(a) === canonicalText(b),
  ...renderEach(renderInstances),
  prune: emptied,
  emptied,
  hostsOf: ({ instances }) => hostsIn(instances.map(({ address }) => address)),
}
