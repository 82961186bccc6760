import type { Clock, Millis } from '../../core/clock.js'
import type { Sink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import type { DocumentListener, ReadAccess } from '../document/document-listener.js'
import { prometheusDocument } from './document.js'
import { type EndpointLabels, prometheusRendering, type TargetGroups } from './targets.js'
import { servedDocument } from '../document/served-document.js'

export type { Secrets } from '../../shared/http/shared-secret.js'
export type { DocumentListener, ReadAccess } from '../document/document-listener.js'
export type { EndpointLabels, TargetGroup, TargetGroups } from './targets.js'

export interface PrometheusHttpOptions extends ReadAccess {
  /** Unique among a worker's sinks. Default: `prometheus-http`. */
  readonly name?: string
  /** Labels besides those of the task and its container; `__address__` replaces the target. Default: the policy's. */
  readonly labels?: EndpointLabels
  /**
   * How long the answer may be 503, from the start of the worker. After that the sink serves what it knows: readers
   * lose clusters that have not been read and tasks whose lookups are still open. Default: no limit, except that
   * clusters and lookups that are refused permanently are not waited for.
   */
  readonly patienceMs?: Millis | undefined
  readonly clock?: Clock
}

export interface PrometheusHttp extends Sink<TargetGroups> {
  /** Answers Prometheus. Mount it under a path: see docs/prometheus.md. */
  readonly listener: DocumentListener
}

/**
 * Endpoints as target groups for Prometheus's `http_sd_configs`: a JSON list of `{ targets, labels }`, one group per
 * TCP endpoint.
 *
 * Answers 503 before the first complete state, on which Prometheus keeps the targets it has. It therefore needs
 * snapshots of every cluster. Throws an OptionError for an invalid option.
 */
export const prometheusHttp = ({
  name = 'prometheus-http',
  secrets,
  secretHeader,
  patienceMs,
  labels,
  clock = systemClock,
}: PrometheusHttpOptions = {}): PrometheusHttp => ({
  name,
  adopt: false,
  ...prometheusRendering(labels),
  ...servedDocument({ name, format: prometheusDocument, secrets, secretHeader, patienceMs, clock }),
})
