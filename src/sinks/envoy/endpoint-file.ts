/** The text of one file for Envoy's `path_config_source`: a `DiscoveryResponse` with one assignment. Pure. */
import { canonicalText, isJson, isJsonArray, isJsonObject, type Json } from '../../shared/codec/json.js'
import type { Owner } from '../../core/sink.js'
import type { EnvoyAssignment } from './assignment.js'
import { versionOf } from './version.js'

export interface EndpointFile {
  /** `undefined` if the file names none. */
  readonly owner: Owner | undefined
  /** `{}` if the file is not one that Envoy would take for one cluster. */
  readonly assignment: EnvoyAssignment
}

const unreadable: EndpointFile = { owner: undefined, assignment: {} }

/** Envoy takes only one assignment from a file. It ignores who sent it, so that is where the owner is. */
export const printEndpointFile = (owner: Owner, assignment: EnvoyAssignment): string =>
  `{"control_plane":${canonicalText({ identifier: owner })},"version_info":"${versionOf(assignment)}","resources":[\n${canonicalText(assignment)}\n]}\n`

const parsedJson = (text: string): Json | undefined => {
  try {
    const json: unknown = JSON.parse(text)
    return isJson(json) ? json : undefined
  } catch {
    return undefined
  }
}

const ownerIn = (controlPlane: Json | undefined): Owner | undefined => {
  const identifier = isJsonObject(controlPlane) ? controlPlane['identifier'] : undefined
  return typeof identifier === 'string' && identifier !== '' ? identifier : undefined
}

/** What a file holds, whoever wrote it; `undefined` for one without content. */
export const parseEndpointFile = (text: string): EndpointFile | undefined => {
  if (text.trim() === '') return undefined
  const json = parsedJson(text)
  if (!isJsonObject(json)) return unreadable
  const { control_plane: controlPlane, resources } = json
  const [assignment, ...others] = resources !== undefined && isJsonArray(resources) ? resources : []
  return {
    owner: ownerIn(controlPlane),
    assignment: isJsonObject(assignment) && others.length === 0 ? assignment : {},
  }
}
