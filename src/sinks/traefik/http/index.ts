import type { Clock, Millis } from '../../../core/clock.js'
import type { Sink } from '../../../core/sink.js'
import { systemClock } from '../../../shared/async/system-clock.js'
import type { Element } from '../grammar/element.js'
import type { DocumentListener, ReadAccess } from '../../document/document-listener.js'
import { servedDocument } from '../../document/served-document.js'
import {
  traefikDocument,
  type TraefikElements,
  traefikElements,
  type TraefikElementsOptions,
} from '../elements/traefik-elements.js'

export type { Secrets } from '../../../shared/http/shared-secret.js'
export type { DocumentListener, ReadAccess } from '../../document/document-listener.js'
export type { Json, JsonObject } from '../../../shared/codec/json.js'
export type { ElementConflict, ElementOptions } from '../elements/elements.js'
export type { Scheme } from '../elements/servers.js'
export type { Element, ElementKey } from '../grammar/element.js'
export type { TraefikElements, TraefikElementsOptions } from '../elements/traefik-elements.js'

export interface TraefikHttpOptions extends TraefikElementsOptions, ReadAccess {
  /** Unique among a worker's sinks. Default: `traefik-http`. */
  readonly name?: string
  /**
   * How long the answer may be 503, from the start of the worker. Then what is known is served: readers lose clusters
   * that have not been read and tasks whose lookups have not been answered. Default: for ever, but for lookups and
   * clusters that are refused for good, which are not waited for.
   */
  readonly patienceMs?: Millis | undefined
  readonly clock?: Clock
}

export interface TraefikHttp extends Sink<Element>, Pick<TraefikElements, 'conflicts'> {
  /** Answers Traefik. Mount it under a path: see docs/traefik-http.md. */
  readonly listener: DocumentListener
}

/**
 * Backends as services (and what their labels say, as routers and middlewares) for the HTTP provider of Traefik v2
 * and v3: JSON, byte for byte the same as long as nothing changes.
 *
 * 503 before the first complete state: Traefik keeps the configuration that it has. So it needs snapshots of every
 * cluster. Throws a RangeError for an option that cannot be.
 */
export const traefikHttp = ({
  name = 'traefik-http',
  secrets,
  secretHeader,
  patienceMs,
  clock = systemClock,
  ...options
}: TraefikHttpOptions = {}): TraefikHttp => ({
  name,
  adopt: false,
  ...traefikElements(options),
  ...servedDocument({ name, format: traefikDocument, secrets, secretHeader, patienceMs, clock }),
})
