import type { Sink } from 'ecs-task-stream'

/** The sink, and how many records it has written, as it says itself. */
export const countedWrites = <V, S extends Sink<V>>(
  sink: S & Sink<V>,
): { readonly sink: S; readonly writes: () => number } => {
  let writes = 0
  const counting: S = {
    ...sink,
    apply: async (...args: Parameters<Sink<V>['apply']>) => {
      const outcomes = await sink.apply(...args)
      writes += outcomes.filter(({ _tag }) => _tag === 'Done').length
      return outcomes
    },
  }
  return { sink: counting, writes: () => writes }
}
