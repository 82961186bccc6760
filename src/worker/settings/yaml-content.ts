/** Loads a parser: import it late, because most workers have no file. */
import { parseDocument } from 'yaml'

export type YamlContent =
  | { readonly _tag: 'Value'; readonly value: unknown }
  /** The reason completes the sentence “The file …”. */
  | { readonly _tag: 'Malformed'; readonly reason: string }

/** Reads YAML 1.2, or JSON. Never throws. */
export const yamlContent = (text: string): YamlContent => {
  const document = parseDocument(text, { uniqueKeys: true })
  const [error] = document.errors
  if (error !== undefined)
    return { _tag: 'Malformed', reason: `expected YAML: ${error.message.split('\n', 1)[0] ?? ''}` }
  try {
    // Without aliases, so that a few lines cannot stand for gigabytes.
    return { _tag: 'Value', value: document.toJS({ maxAliasCount: 0 }) }
  } catch {
    return { _tag: 'Malformed', reason: 'expected YAML without aliases' }
  }
}
