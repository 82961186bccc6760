import type { TaskArn } from './arn.js'
import { lowerBound } from './lower-bound.js'

/** The first `most` tasks in the order of their ARNs, each once. */
export const firstByArn = <A extends { readonly task: TaskArn }>(
  all: Iterable<A>,
  most: number,
): readonly A[] => {
  const first: A[] = []
  for (const one of all) {
    const last = first.at(-1)
    if (first.length === most && last !== undefined && one.task > last.task) continue
    const at = lowerBound(first, ({ task }) => task < one.task)
    if (first[at]?.task === one.task) continue
    first.splice(at, 0, one)
    if (first.length > most) first.pop()
  }
  return first
}
