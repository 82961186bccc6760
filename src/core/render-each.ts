import type { Backend } from './desired.js'
import type { PersistentMap } from './persistent-map.js'

interface Rendered<V> {
  readonly before: V | undefined
  readonly value: V
}

/**
 * For sinks with one record a backend: `Sink.render` from the rendering of one, which is asked again only for a
 * backend that changed or whose record did. So a round costs what changed, and a look at the rest.
 *
 * `keyOf`: the record's key (default: the backend's name). `renderOne` gives `undefined` for a backend that has no
 * record.
 */
export const renderEach = <V>(
  renderOne: (backend: Backend, before: V | undefined) => V | undefined,
  keyOf: (backend: Backend) => string = ({ name }) => name,
): ((backends: PersistentMap<Backend>, before: ReadonlyMap<string, V>) => ReadonlyMap<string, V>) => {
  // Backends that did not change are the same object from one state to the next, and so are records that nobody
  // wrote.
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
