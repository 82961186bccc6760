import * as E from 'fp-ts/lib/Either.js'
import type { Endpoint } from '../../../core/desired.js'
import { decodeLabels, type LabelElements } from './decode-labels.js'

const nothing: LabelElements = new Map()

// Tasks of one revision share their labels.
const decoded = new WeakMap<Readonly<Record<string, string>>, LabelElements>()

/** The elements that an endpoint's labels define; empty if they are not Traefik's, or invalid. */
export const labelled = ({ labels }: Pick<Endpoint, 'labels'>): LabelElements => {
  if (labels === undefined) return nothing
  const known = decoded.get(labels)
  if (known !== undefined) return known
  const elements = E.getOrElse(() => nothing)(decodeLabels(labels))
  decoded.set(labels, elements)
  return elements
}
