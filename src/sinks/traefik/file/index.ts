import { OptionError } from '../../../core/option-error.js'
import type { Sink } from '../../../core/sink.js'
import type { Element } from '../grammar/element.js'
import { fileDocument } from '../../document/file-document.js'
import {
  traefikDocument,
  type TraefikElements,
  traefikElements,
  type TraefikElementsOptions,
} from '../elements/traefik-elements.js'

export type { Json, JsonObject } from '../../../shared/codec/json.js'
export type { ElementConflict, ElementOptions } from '../elements/elements.js'
export type { Scheme, Shares } from '../elements/servers.js'
export type { Element, ElementKey } from '../grammar/element.js'
export type { TraefikElements, TraefikElementsOptions } from '../elements/traefik-elements.js'

export interface TraefikFileOptions extends TraefikElementsOptions {
  /**
   * The file's path. It must end in `.yml` or `.yaml`: Traefik reads no `.json`. The content is JSON, which is also
   * YAML.
   */
  readonly path: string
  /** Unique among a worker's sinks. Default: `traefik-file`. */
  readonly name?: string
}

export interface TraefikFile extends Sink<Element>, Pick<TraefikElements, 'conflicts'> {}

/**
 * Backends as services (and the routers and middlewares from their labels) in a file for the file provider of Traefik
 * v2 and v3. The file is replaced as a whole, so Traefik never reads a partial one.
 *
 * The worker owns the whole file, which names its owner in `_meta.owner`. A non-empty file without an owner is never
 * overwritten. Throws an OptionError for a path that Traefik would not read.
 */
export const traefikFile = ({ path, name = 'traefik-file', ...options }: TraefikFileOptions): TraefikFile => {
  if (!/[^/]\.ya?ml$/.test(path))
    throw new OptionError(
      `traefikFile: path: expected a name that ends in .yml or .yaml, so that Traefik reads it, got "${path}"`,
    )
  return {
    name,
    adopt: false,
    ...traefikElements(options),
    ...fileDocument({ path, format: traefikDocument }),
  }
}
