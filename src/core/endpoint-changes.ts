import { concatMap, type OperatorFunction, pipe } from 'rxjs'
import { backendChanges } from './backend-changes.js'
import type { Desired, Endpoint } from './desired.js'
import type { BackendName } from './policy.js'

export type EndpointChange =
  | { readonly _tag: 'Added'; readonly backend: BackendName; readonly endpoint: Endpoint }
  /** The same port of the same task, with another address, weight or label. */
  | {
      readonly _tag: 'Changed'
      readonly backend: BackendName
      readonly before: Endpoint
      readonly endpoint: Endpoint
    }
  | { readonly _tag: 'Removed'; readonly backend: BackendName; readonly endpoint: Endpoint }

/**
 * The changes of single endpoints, from `Worker.desired$`: first an `Added` for each endpoint that there is, then what
 * changes. Within a backend, what is added or changed comes before what is removed.
 */
export const endpointChanges = (): OperatorFunction<Desired, EndpointChange> =>
  pipe(
    backendChanges(),
    concatMap(({ backend, added, removed }): readonly EndpointChange[] => {
      const gone = new Map(removed.map((endpoint) => [endpoint.id, endpoint]))
      const entered = added.map((endpoint): EndpointChange => {
        const before = gone.get(endpoint.id)
        gone.delete(endpoint.id)
        return before === undefined
          ? { _tag: 'Added', backend, endpoint }
          : { _tag: 'Changed', backend, before, endpoint }
      })
      return [
        ...entered,
        ...Array.from(gone.values(), (endpoint): EndpointChange => ({ _tag: 'Removed', backend, endpoint })),
      ]
    }),
  )
