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
export type { Scheme, Shares } from '../elements/servers.js'
export type { Element, ElementKey } from '../grammar/element.js'
export type { TraefikElements, TraefikElementsOptions } from '../elements/traefik-elements.js'

export interface TraefikHttpOptions extends TraefikElementsOptions, ReadAccess {
  /** Unique among a worker's sinks. Default: `traefik-http`. */
  readonly name?: string
  /** Who may read it. Default: every client that reaches it. */
  /**
   * How long the answer may be 503, from the start of the worker. After that the sink serves what it knows: readers
   * lose clusters that have not been read and tasks whose lookups are still open. Default: no limit, except that
   * clusters and lookups that are refused permanently are not waited for.
   */
  readonly patienceMs?: Millis | undefined
  readonly clock?: Clock
}

export interface TraefikHttp extends Sink<Element>, Pick<TraefikElements, 'conflicts'> {
  /** Answers Traefik. Mount it under a path: see docs/traefik-http.md. */
  readonly listener: DocumentListener
}

/**
 * Backends as services (and the routers and middlewares from their labels) for the HTTP provider of Traefik v2 and v3:
 * JSON, byte for byte the same as long as nothing changes.
 *
 * Answers 503 before the first complete state, on which Traefik keeps its configuration. It therefore needs snapshots
 * of every cluster. Throws an OptionError for an invalid option.
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
