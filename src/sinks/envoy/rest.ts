import type { Clock, Millis } from '../../core/clock.js'
import type { Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { canonicalText } from '../../shared/codec/json.js'
import type { DocumentListener, ReadAccess } from '../document/document-listener.js'
import { servedRecords } from '../document/served-records.js'
import type { EnvoyAssignment } from './assignment.js'
import { discoveryListener } from './discovery-listener.js'
import { discoveryResponses } from './discovery-response.js'
import { envoyRendering } from './rendering.js'

export type { Secrets } from '../../shared/http/shared-secret.js'
export type { DocumentListener, ReadAccess } from '../document/document-listener.js'
export type { Json, JsonObject } from '../../shared/codec/json.js'
export type { EnvoyAssignment } from './assignment.js'

export interface EnvoyRestOptions extends ReadAccess {
  /** Unique among a worker's sinks. Default: `envoy-rest`. */
  readonly name?: string
  /**
   * How long the answer may be 503, from the start of the worker. After that the sink serves what it knows: Envoys lose
   * clusters that have not been read and tasks whose lookups are still open. Default: no limit, except that clusters
   * and lookups that are refused permanently are not waited for.
   */
  readonly patienceMs?: Millis | undefined
  readonly clock?: Clock
}

export interface EnvoyRest extends Sink<EnvoyAssignment> {
  /** Answers Envoy. Mount it under `/v3/discovery:endpoints`, where Envoy asks: see docs/envoy.md. */
  readonly listener: DocumentListener
}

/**
 * Endpoints for Envoy's endpoint discovery over REST (EDS with `api_type: REST`, xDS v3 as JSON): one
 * `ClusterLoadAssignment` per backend, by the backend's name. A request gets the clusters that it names, or all if it
 * names none, and 304 if it has them already.
 *
 * Answers 503 before the first complete state, on which Envoy keeps the endpoints it has. It therefore needs snapshots
 * of every cluster. Throws an OptionError for an invalid option.
 */
export const envoyRest = ({
  name = 'envoy-rest',
  secrets,
  secretHeader,
  patienceMs,
  clock = systemClock,
}: EnvoyRestOptions = {}): EnvoyRest => {
  const { current, ...target } = servedRecords<EnvoyAssignment>({
    format: { etagOf: canonicalText },
    patienceMs,
    clock,
  })
  const responseTo = discoveryResponses()
  return {
    name,
    adopt: false,
    ...envoyRendering(),
    prune: () => undefined,
    ...target,
    listener: discoveryListener({
      name,
      secrets,
      secretHeader,
      clock,
      missing: () => {
        const records = current()
        return typeof records === 'string' ? records : undefined
      },
      responseTo: (request) => {
        const records = current()
        return typeof records === 'string' ? records : responseTo(records, request)
      },
    }),
  }
}
