import { createHash } from 'node:crypto'
import { canonicalText } from '../../shared/codec/json.js'
import type { EnvoyAssignment } from './assignment.js'

/** 96 bits: enough that two states of a cluster never have the same by chance. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16)

// A cache: an assignment is immutable, and is asked for again and again.
const versions = new WeakMap<EnvoyAssignment, string>()

/**
 * `version_info` of an assignment. It follows from the content alone, so that it is the same in every worker, and after
 * a restart.
 */
export const versionOf = (assignment: EnvoyAssignment): string => {
  const known = versions.get(assignment)
  if (known !== undefined) return known
  const version = digest(canonicalText(assignment))
  versions.set(assignment, version)
  return version
}

/** `version_info` of several assignments, in this order. */
export const versionOfAll = (assignments: readonly EnvoyAssignment[]): string => {
  const [only, ...others] = assignments
  return only !== undefined && others.length === 0
    ? versionOf(only)
    : digest(assignments.map(versionOf).join(' '))
}
