import type { TaskArn } from './arn.js'

/** The index of a task in a list that is sorted by ARN. */
const placeOf = (ordered: readonly { readonly task: TaskArn }[], task: TaskArn): number => {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = ordered[middle]
    if (other !== undefined && other.task < task) low = middle + 1
    else high = middle
  }
  return low
}

/** The first `most` tasks in the order of their ARNs, each once. */
export const firstByArn = <A extends { readonly task: TaskArn }>(
  all: Iterable<A>,
  most: number,
): readonly A[] => {
  const first: A[] = []
  for (const one of all) {
    const last = first.at(-1)
    if (first.length === most && last !== undefined && one.task > last.task) continue
    const at = placeOf(first, one.task)
    if (first[at]?.task === one.task) continue
    first.splice(at, 0, one)
    if (first.length > most) first.pop()
  }
  return first
}
