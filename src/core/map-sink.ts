import type { Sink } from './sink.js'

/**
 * The same sink with some members replaced, for wrappers such as a dry run or a gate before the target. All other
 * members are called on `sink` itself, so it may be a class instance.
 */
export const mapSink = <V>(sink: Sink<V>, replaced: Partial<Sink<V>>): Sink<V> => ({
  name: sink.name,
  adopt: sink.adopt,
  ...(sink.required !== undefined && { required: sink.required }),
  ...(sink.dry !== undefined && { dry: sink.dry }),
  ...(sink.local !== undefined && { local: sink.local }),
  equals: (a, b) => sink.equals(a, b),
  render: (backends, before) => sink.render(backends, before),
  // The parts of one rendering are not those of another.
  ...(sink.parts && replaced.render === undefined && { parts: sink.parts }),
  prune: (before) => sink.prune(before),
  ...(sink.hostsOf && { hostsOf: sink.hostsOf.bind(sink) }),
  ...(sink.endpointsOf && { endpointsOf: sink.endpointsOf.bind(sink) }),
  ...(sink.emptied && { emptied: sink.emptied.bind(sink) }),
  read: (signal) => sink.read(signal),
  apply: (changes, owner, signal) => sink.apply(changes, owner, signal),
  ...(sink.synced && { synced: sink.synced.bind(sink) }),
  ...(sink.warnings && { warnings: sink.warnings.bind(sink) }),
  ...(sink.examine && { examine: sink.examine.bind(sink) }),
  ...replaced,
})
