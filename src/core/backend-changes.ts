import { concatMap, type OperatorFunction, pipe, scan } from 'rxjs'
import { sameEndpoint } from './claim.js'
import type { Backend, Desired, Endpoint } from './desired.js'
import { PersistentMap } from './persistent-map.js'
import type { BackendName } from './policy.js'

/** A backend whose endpoints have changed. */
export interface BackendChange {
  readonly backend: BackendName
  /** `undefined` if the backend is new. */
  readonly before: readonly Endpoint[] | undefined
  /** `undefined` if the backend is gone; empty if it has no endpoint at present. */
  readonly after: readonly Endpoint[] | undefined
  /** Endpoints of `after` that are new, or not as they were. */
  readonly added: readonly Endpoint[]
  /** Endpoints of `before` that are gone, or not as they were. */
  readonly removed: readonly Endpoint[]
}

/** The change from one list of endpoints to another; `undefined` if there is none. */
export const backendChange = (
  backend: BackendName,
  before: readonly Endpoint[] | undefined,
  after: readonly Endpoint[] | undefined,
): BackendChange | undefined => {
  const was = new Map(before?.map((endpoint) => [endpoint.id, endpoint]))
  const is = new Map(after?.map((endpoint) => [endpoint.id, endpoint]))
  const differs = (endpoint: Endpoint, other: Endpoint | undefined): boolean =>
    other === undefined || !sameEndpoint(endpoint, other)
  const added = (after ?? []).filter((endpoint) => differs(endpoint, was.get(endpoint.id)))
  const removed = (before ?? []).filter((endpoint) => differs(endpoint, is.get(endpoint.id)))
  return added.length + removed.length === 0 && (before === undefined) === (after === undefined)
    ? undefined
    : { backend, before, after, added, removed }
}

interface Step {
  readonly backends: PersistentMap<Backend>
  readonly changes: readonly BackendChange[]
}

/**
 * The changes of backends, from `Worker.desired$`: first one for each backend that there is, then one for each whose
 * endpoints change. A step costs what changed.
 */
export const backendChanges = (): OperatorFunction<Desired, BackendChange> =>
  pipe(
    scan(
      (last: Step, { backends }: Desired): Step => {
        const changes: BackendChange[] = []
        backends.diff(last.backends, (name, before, after) => {
          const change = backendChange(name, before?.endpoints, after?.endpoints)
          if (change !== undefined) changes.push(change)
        })
        return { backends, changes }
      },
      { backends: PersistentMap.empty<Backend>(), changes: [] },
    ),
    concatMap(({ changes }) => changes),
  )
