import type { Backend, Endpoint } from '../../../core/desired.js'
import type { Json } from '../../../shared/codec/json.js'
import { heirOf, type RevisionShares, revisionShares } from '../../kit/revision-shares.js'
import type { ElementKey } from '../grammar/element.js'
import { serversIn, settingsOf, withServers } from './balancer.js'
import type { HeldService } from './held-service.js'
import { revisionKey, type Weighted } from './revision-services.js'
import { type ServerOptions, serversOf } from './servers.js'

export interface RevisionOptions extends Pick<ServerOptions, 'schemeOf'> {
  /** The endpoint whose labels win. */
  readonly newestOf: (endpoints: readonly Endpoint[]) => Endpoint | undefined
}

/** Whether a service must be, or stay, weighted. */
const isWeighted = (shares: RevisionShares, { endpoints, complete }: Backend, held: HeldService): boolean =>
  shares.isSplit ||
  (!complete &&
    (shares.revisions.length > 0 || endpoints.length === 0) &&
    (shares.rest > 0 || held.revisions.length > 0))

/**
 * The services of the revisions that share the requests of service `key`, which `backend` is; none if it is one load
 * balancer. In an incomplete backend, servers that nothing explains stay with their revision and its weight; those of no
 * revision belong to the replaced one, or are what is left of the shares: a new revision must not get more than its share
 * while the others are unknown.
 */
export const weightedRevisions = (
  key: ElementKey,
  backend: Backend,
  held: HeldService,
  { newestOf, ...options }: RevisionOptions,
): readonly Weighted[] => {
  const { endpoints } = backend
  const shares = revisionShares(endpoints)
  if (!isWeighted(shares, backend, held)) return []
  // Endpoints of other revisions explain servers, too.
  const known = { ...backend, gone: [...endpoints, ...backend.gone] }
  const staying = (servers: readonly Json[]): readonly Json[] => serversOf(key, [], known, servers, options)
  const current = shares.revisions.map((one) => ({ ...one, key: revisionKey(key, one.revision) }))
  const heir = heirOf(shares)
  const unknownKey = revisionKey(key, 'unknown')
  const isUnknown = (revision: ElementKey): boolean => revision === unknownKey && current.length > 0
  const strays = staying(
    held.revisions.length === 0
      ? held.servers
      : held.revisions.flatMap((one) => (isUnknown(one.key) ? serversIn(one.element) : [])),
  )

  const rendered = current.map((one): Weighted => {
    const before = held.revisions.find((other) => other.key === one.key)?.element
    const present = [...serversIn(before), ...(one.revision === heir?.revision ? strays : [])]
    const servers = serversOf(key, one.endpoints, known, present, options)
    const settings = settingsOf(key, newestOf(one.endpoints), before ?? held.model)
    return { key: one.key, weight: one.weight, service: withServers(settings, servers) }
  })
  const kept = held.revisions.flatMap((one): readonly Weighted[] => {
    const isCurrent = isUnknown(one.key) || current.some((other) => other.key === one.key)
    const servers = isCurrent ? [] : staying(serversIn(one.element))
    const settings = settingsOf(one.key, undefined, one.element)
    return servers.length === 0 ? [] : [{ ...one, service: withServers(settings, servers) }]
  })
  const settings = settingsOf(key, undefined, held.model)
  const remainder: readonly Weighted[] =
    strays.length > 0 && heir === undefined && current.length > 0
      ? [{ key: unknownKey, weight: shares.rest, service: withServers(settings, strays) }]
      : []
  const all = [...rendered, ...kept, ...remainder]
  return all.length > 1 ? all.sort((a, b) => (a.key < b.key ? -1 : 1)) : []
}
