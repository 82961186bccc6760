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
export type { Scheme } from '../elements/servers.js'
export type { Element, ElementKey } from '../grammar/element.js'
export type { TraefikElements, TraefikElementsOptions } from '../elements/traefik-elements.js'

export interface TraefikFileOptions extends TraefikElementsOptions {
  /** The file; it ends in `.yml` or `.yaml`: Traefik reads no `.json`. What it says is JSON, which is YAML too. */
  readonly path: string
  /** Unique among a worker's sinks. Default: `traefik-file`. */
  readonly name?: string
}

export interface TraefikFile extends Sink<Element>, Pick<TraefikElements, 'conflicts'> {}

/**
 * Backends as services (and what their labels say, as routers and middlewares) in a file for the file provider of
 * Traefik v2 and v3. Replaced as a whole, so Traefik never reads half of it.
 *
 * The file is ours as a whole, and bears our mark in `_meta.owner`; one that says something and has none is never
 * overwritten. Throws a RangeError for a path that Traefik would not read.
 */
export const traefikFile = ({ path, name = 'traefik-file', ...options }: TraefikFileOptions): TraefikFile => {
  if (!/[^/]\.ya?ml$/.test(path))
    throw new RangeError(
      `traefikFile: path must end in .yml or .yaml, as which Traefik reads it, and is "${path}"`,
    )
  return {
    name,
    adopt: false,
    ...traefikElements(options),
    ...fileDocument({ path, format: traefikDocument }),
  }
}
