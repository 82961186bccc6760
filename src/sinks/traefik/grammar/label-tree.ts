import * as E from 'fp-ts/lib/Either.js'

/** A fault in one label, for people. */
export interface LabelError {
  /** Its key, as written. */
  readonly label: string
  readonly expected: string
  readonly received: string
}

/** One part of label keys: `rule` of `traefik.http.routers.web.rule`. */
export interface LabelNode {
  /** As first written. */
  readonly name: string
  /** A key that contains this part. */
  readonly label: string
  readonly value: string | undefined
  readonly children: readonly LabelNode[]
}

interface Growing extends LabelNode {
  value: string | undefined
  readonly children: Growing[]
}

/** Deeper than any key of Traefik's own; a plugin's options may be deep. */
const MAX_PARTS = 32
/** YAML allows keys of at most 1,024 characters, and one of our characters may become two. */
const MAX_NAME_CHARACTERS = 255

const nodeOf = (name: string, label: string): Growing => ({ name, label, value: undefined, children: [] })

/** The parts of a key: `domains[0]` has two, `domains` and `[0]`. */
const partsOf = (label: string): E.Either<LabelError, readonly string[]> => {
  const parts = label.split('.').flatMap((part) => {
    const bracket = part.endsWith(']') ? part.indexOf('[') : -1
    return bracket > 0 ? [part.slice(0, bracket), part.slice(bracket)] : [part]
  })
  const wrong = (expected: string, received: string) => E.left({ label, expected, received })
  if (parts[0] !== 'traefik') return wrong('"traefik" at its start, in lower case', `"${label.slice(0, 7)}"`)
  if (parts.length > MAX_PARTS) return wrong(`at most ${MAX_PARTS} parts between dots`, `${parts.length}`)
  if (parts.includes('')) return wrong('a name between every two dots', 'none')
  if (label.split('.').some((part) => part.startsWith('['))) return wrong('a name before "["', 'none')
  if (parts.some((part) => part.length > MAX_NAME_CHARACTERS))
    return wrong(`names of at most ${MAX_NAME_CHARACTERS} characters`, 'a longer one')
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f\ud800-\udfff\u2028\u2029\ufeff\ufffe\uffff]/u.test(label))
    return wrong('printable characters', 'others')
  return E.right(parts)
}

const grow = (root: Growing, parts: readonly string[], label: string, value: string): void => {
  let node = root
  for (const part of parts.slice(1)) {
    const folded = part.toLowerCase()
    let child = node.children.find(({ name }) => name.toLowerCase() === folded)
    if (child === undefined) {
      child = nodeOf(part, label)
      node.children.push(child)
    }
    node = child
  }
  node.value = value
}

/**
 * Label keys as one tree, built like Traefik builds it: keys in order, parts that differ only by case are one part, and
 * of equal keys the last wins. Only the first part, `traefik`, must be in lower case.
 */
export const labelTree = (
  labels: Readonly<Record<string, string>>,
): E.Either<readonly LabelError[], LabelNode> => {
  const root = nodeOf('traefik', 'traefik')
  const errors: LabelError[] = []
  for (const [label, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const parts = partsOf(label)
    if (E.isLeft(parts)) errors.push(parts.left)
    else grow(root, parts.right, label, value)
  }
  return errors.length > 0 ? E.left(errors) : E.right(root)
}
