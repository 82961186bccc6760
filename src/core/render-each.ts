import type { Backend } from './desired.js'
import type { PersistentMap } from './persistent-map.js'

interface Rendered<V> {
  readonly before: V | undefined
  readonly value: V
}

/**
 * Builds `Sink.render` for sinks with one record per backend. Calls `renderOne` again only if the backend or its record
 * has changed, so a round costs the changes plus one lookup for each other backend.
 *
 * `keyOf`: the record's key. Default: the backend's name. `renderOne` returns `undefined` for a backend without a
 * record.
 */
export const renderEach = <V>(
  renderOne: (backend: Backend, before: V | undefined) => V | undefined,
  keyOf: (backend: Backend) => string = ({ name }) => name,
): ((backends: PersistentMap<Backend>, before: ReadonlyMap<string, V>) => ReadonlyMap<string, V>) => {
  // Unchanged backends are the same objects from one state to the next, and so are unchanged records.
  const rendered = new WeakMap<Backend, Rendered<V>>()
  return (backends, held) => {
    const wanted = new Map<string, V>()
    for (const backend of backends.values()) {
      const key = keyOf(backend)
      const before = held.get(key)
      const known = rendered.get(backend)
      if (known !== undefined && known.before === before) {
        wanted.set(key, known.value)
        continue
      }
      const value = renderOne(backend, before)
      if (value === undefined) continue
      rendered.set(backend, { before, value })
      wanted.set(key, value)
    }
    return wanted
  }
}
