import type { DefinitionArn } from '../../../core/arn.js'

/** The family's ARN and the number of its revision; no number where there is none. */
const partsOf = (definition: DefinitionArn): readonly [family: string, revision: number] => {
  const colon = definition.lastIndexOf(':')
  const revision = Number(definition.slice(colon + 1))
  return Number.isInteger(revision) ? [definition.slice(0, colon), revision] : [definition, 0]
}

/**
 * Orders task definitions: revisions of a family by their number. Families have no age; they are in the order of their
 * names, so that the answer is always the same. An unknown one comes first.
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
