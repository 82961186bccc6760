import type { DefinitionArn } from '../../../core/arn.js'

/** The family's ARN and the revision number; no number if the ARN has none. */
const partsOf = (definition: DefinitionArn): readonly [family: string, revision: number] => {
  const colon = definition.lastIndexOf(':')
  const revision = Number(definition.slice(colon + 1))
  return Number.isInteger(revision) ? [definition.slice(0, colon), revision] : [definition, 0]
}

/**
 * Orders task definitions: revisions of a family by number. Families have no age, so they are ordered by name, for a
 * stable result. An unknown definition comes first.
 */
export const compareRevisions = (a: DefinitionArn | undefined, b: DefinitionArn | undefined): number => {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  const [family, revision] = partsOf(a)
  const [otherFamily, otherRevision] = partsOf(b)
  if (family !== otherFamily) return family < otherFamily ? -1 : 1
  return revision - otherRevision || (a < b ? -1 : 1)
}
