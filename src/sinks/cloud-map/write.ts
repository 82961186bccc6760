import { from, lastValueFrom, mergeMap, toArray } from 'rxjs'
import { conflictOf } from '../../core/conflict.js'
import { errorOf } from '../../core/error-of.js'
import type { Owner } from '../../core/sink.js'
import { canonicalText } from '../../shared/codec/json.js'
import type { ConditionalWrite } from '../kit/compare-and-swap.js'
import { QuotaReached } from './failure.js'
import {
  attributesFor,
  type CloudMapInstance,
  type CloudMapInstances,
  instanceId,
  type ListedInstance,
  ownInstances,
} from './instance.js'
import { type InstanceLimits, roomIn } from './limits.js'
import type { CloudMapRegistry, CloudMapService } from './registry.js'
import { type ServiceState, serviceState } from './service-state.js'

export interface WriterOptions {
  readonly registry: CloudMapRegistry
  readonly limits: InstanceLimits
  /** As of the last reading. */
  readonly services: () => ReadonlyMap<string, CloudMapService>
  /** All instances by service; kept up to date here. */
  readonly counts: () => Map<string, number>
}

/** Instances of a service that are registered or deregistered at the same time. */
const atOnce = 4

/** Calls for all items, several at a time. Returns what failed; the others are done. */
const forEach = async <A>(
  items: readonly A[],
  call: (item: A) => Promise<void>,
): Promise<readonly Error[]> => {
  const attempt = (item: A): Promise<Error | undefined> => call(item).then(() => undefined, errorOf)
  const results = await lastValueFrom(from(items).pipe(mergeMap(attempt, atOnce), toArray()))
  return results.filter((error) => error !== undefined)
}

/** How the instances of a service must change. */
const differences = (
  { listed }: ServiceState,
  wanted: readonly CloudMapInstance[],
  owner: Owner,
): {
  readonly added: readonly ListedInstance[]
  readonly replaced: readonly ListedInstance[]
  readonly gone: readonly string[]
} => {
  const held = new Map(listed.map((one) => [one.id, one]))
  const next = wanted.map((one) => ({ id: instanceId(one.address), attributes: attributesFor(owner, one) }))
  const ids = new Set(next.map(({ id }) => id))
  return {
    added: next.filter(({ id }) => !held.has(id)),
    replaced: next.filter(({ id, attributes }) => {
      const one = held.get(id)
      return one !== undefined && canonicalText(one.attributes) !== canonicalText(attributes)
    }),
    gone: ownInstances(listed)
      .instances.map(({ address }) => instanceId(address))
      .filter((id) => !ids.has(id)),
  }
}

/**
 * Writes the instances of one service. Cloud Map has no conditions, so the service is read a moment before. New
 * instances come before old ones go, as far as there is room.
 */
export const serviceWriter =
  ({ registry, limits, services, counts }: WriterOptions): ConditionalWrite<CloudMapInstances> =>
  async (change, owner, signal) => {
    const { key } = change
    const service = services().get(key)
    if (service === undefined) return { _tag: 'Conflict', key, found: 'unread' }
    const state = await serviceState(registry, service, signal)
    counts().set(key, state.listed.length)
    const conflict = conflictOf(change, state.row)
    if (conflict !== undefined) return conflict

    if (state.row.owner !== owner) await registry.claim(service, owner, signal)
    const wanted = change._tag === 'Delete' ? [] : change.after.instances
    const { added, replaced, gone } = differences(state, wanted, owner)
    const count = (more: number): void => {
      counts().set(key, (counts().get(key) ?? 0) + more)
    }
    const register = (instances: readonly ListedInstance[]) =>
      forEach(instances, (instance) => registry.register(service, instance, signal))
    /** Registers new instances. Their room is taken before, because other services are written at the same time. */
    const add = async (instances: readonly ListedInstance[]) => {
      count(instances.length)
      const failed = await register(instances)
      count(-failed.length)
      return failed
    }
    const errors = [...(await register(replaced))]
    const early = added.slice(0, roomIn(key, counts(), limits).room)
    errors.push(...(await add(early)))
    const left = await forEach(gone, async (id) => {
      await registry.deregister(service, id, signal)
      count(-1)
    })
    errors.push(...left)
    const late = added.slice(early.length)
    const { room, reason } = roomIn(key, counts(), limits)
    errors.push(...(await add(late.slice(0, room))))

    const quota = errors.find((error) => error instanceof QuotaReached)
    const missing = late.length - Math.min(room, late.length)
    if (missing > 0)
      return {
        _tag: 'Rejected',
        key,
        reason: `${reason}, so ${missing} tasks are not registered: divide the service, or use another namespace`,
      }
    if (quota !== undefined) return { _tag: 'Rejected', key, reason: quota.message }
    const [error] = errors
    if (error !== undefined) return { _tag: 'Failed', key, error }
    const after = await serviceState(registry, service, signal)
    return { _tag: 'Done', key, row: after.row }
  }
