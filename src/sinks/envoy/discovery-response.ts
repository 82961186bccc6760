import { canonicalText } from '../../shared/codec/json.js'
import { assignmentOf, assignmentType, type EnvoyAssignment } from './assignment.js'
import type { DiscoveryRequest } from './discovery-request.js'
import { versionOfAll } from './version.js'

export interface DiscoveryResponse {
  /** Its `version_info`. Equal assignments have equal versions. */
  readonly version: string
  /** Its JSON. Made when it is asked for, from texts that are made once for each assignment. */
  bytes(): Buffer
}

const responseOf = (assignments: readonly EnvoyAssignment[]): DiscoveryResponse => {
  const version = versionOfAll(assignments)
  let made: Buffer | undefined
  return {
    version,
    bytes: () =>
      (made ??= Buffer.from(
        `{"version_info":"${version}","type_url":"${assignmentType}","resources":[${assignments.map(canonicalText).join(',\n')}]}\n`,
      )),
  }
}

/**
 * Returns a function that answers requests from the records at that time, by backend. A cluster without a record has no
 * endpoints, and is said to have none: Envoy would otherwise go on with the last ones of a backend that is gone.
 */
export const discoveryResponses = (): ((
  records: ReadonlyMap<string, EnvoyAssignment>,
  request: Pick<DiscoveryRequest, 'clusters'>,
) => DiscoveryResponse) => {
  let all: { readonly records: unknown; readonly response: DiscoveryResponse } | undefined
  return (records, { clusters }) => {
    if (clusters.length > 0)
      return responseOf(clusters.map((cluster) => records.get(cluster) ?? assignmentOf(cluster, [])))
    if (all?.records !== records) {
      const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1))
      all = { records, response: responseOf(sorted.map(([, assignment]) => assignment)) }
    }
    return all.response
  }
}
