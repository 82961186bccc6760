import type { Backend } from './desired.js'
import type { Sink } from './sink.js'

/**
 * `Sink.render` and `Sink.parts` for sinks with one record per backend: `...renderEach((backend, before) => value)`. A
 * backend is rendered again only if it or its record has changed.
 *
 * `keyOf`: the record's key; no two backends may have the same one. Default: the backend's name. `renderOne` returns
 * `undefined` for a backend without a record.
 */
export const renderEach = <V>(
  renderOne: (backend: Backend, before: V | undefined) => V | undefined,
  keyOf: (backend: Backend) => string = ({ name }) => name,
): Required<Pick<Sink<V>, 'render' | 'parts'>> => ({
  parts: { ofBackend: keyOf, ofRecord: (key) => [key] },
  render: (backends, held) => {
    const wanted = new Map<string, V>()
    for (const backend of backends.values()) {
      const key = keyOf(backend)
      const value = renderOne(backend, held.get(key))
      if (value !== undefined) wanted.set(key, value)
    }
    return wanted
  },
})
