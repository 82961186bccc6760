import { mapSink } from '../core/map-sink.js'
import type { Sink } from '../core/sink.js'

/** The same sink, read and planned but never written. Its reports describe what would be done. */
export const dryRun = <V>(sink: Sink<V>): Sink<V> =>
  sink.dry === true
    ? sink
    : mapSink(sink, {
        name: `${sink.name} (dry run)`,
        dry: true,
        apply: () =>
          Promise.reject(
            new Error(`${sink.name} is a dry run, which is planned but never applied: this is a defect`),
          ),
      })
