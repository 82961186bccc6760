import type { Sink } from '../core/sink.js'

/** The same sink, read and planned but never written. Its reports say what would be done. */
export const dryRun = <V>(sink: Sink<V>): Sink<V> =>
  sink.dry === true
    ? sink
    : {
        name: `${sink.name} (dry run)`,
        equals: (a, b) => sink.equals(a, b),
        ...(sink.required === undefined ? {} : { required: sink.required }),
        dry: true,
        adopt: sink.adopt,
        // Called on the sink itself, which may be an instance of a class.
        render: (backends, before) => sink.render(backends, before),
        prune: (before) => sink.prune(before),
        read: (signal) => sink.read(signal),
        ...(sink.hostsOf === undefined ? {} : { hostsOf: (value: V) => sink.hostsOf?.(value) ?? [] }),
        ...(sink.emptied === undefined ? {} : { emptied: (value: V) => sink.emptied?.(value) ?? value }),
        warnings: () => sink.warnings?.() ?? [],
        apply: () =>
          Promise.reject(
            new Error(`${sink.name} is a dry run, which is planned and never applied: this is a defect`),
          ),
      }
