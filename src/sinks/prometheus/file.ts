import { OptionError } from '../../core/option-error.js'
import type { Sink } from '../../core/sink.js'
import { fileDocument } from '../document/file-document.js'
import { prometheusDocument } from './document.js'
import { type EndpointLabels, prometheusRendering, type TargetGroups } from './targets.js'

export type { EndpointLabels, TargetGroup, TargetGroups } from './targets.js'

export interface PrometheusFileOptions {
  /** The file's path. It must end in `.json`, `.yml` or `.yaml`; Prometheus reads no others. */
  readonly path: string
  /** Unique among a worker's sinks. Default: `prometheus-file`. */
  readonly name?: string
  /** Labels besides those of the task and its container; `__address__` replaces the target. Default: the policy's. */
  readonly labels?: EndpointLabels
}

/**
 * Endpoints as target groups in a file for Prometheus's `file_sd_configs`: a JSON list (also valid YAML) of `{ targets,
 * labels }`, one group per TCP endpoint. The file is replaced as a whole, so Prometheus never reads a partial one.
 *
 * The worker owns the whole file, which names its owner. A non-empty file without an owner is never overwritten.
 *
 * Throws an OptionError for a path that Prometheus would not read.
 */
export const prometheusFile = ({
  path,
  name = 'prometheus-file',
  labels,
}: PrometheusFileOptions): Sink<TargetGroups> => {
  if (!/[^/]\.(json|ya?ml)$/.test(path))
    throw new OptionError(
      `prometheusFile: path: expected a name that ends in .json, .yml or .yaml, got "${path}"`,
    )
  return {
    name,
    adopt: false,
    ...prometheusRendering(labels),
    ...fileDocument({ path, format: prometheusDocument }),
  }
}
