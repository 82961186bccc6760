/**
 * What ECS says of the end of a task: why it stops, and how its containers exited. Only tasks that stop have it. It is
 * for people: nothing that is routed depends on it.
 */
export interface TaskEnd {
  /** The task's version that it is from. */
  readonly version: number
  /** The kind of reason, such as `EssentialContainerExited`. */
  readonly stopCode: string | undefined
  /** ECS's text, `stoppedReason`, as one line of at most 1,024 characters. */
  readonly reason: string | undefined
  /** Those that have an exit code or a reason of their own. By name. */
  readonly containers: readonly ContainerEnd[]
}

/** How one container ended. */
export interface ContainerEnd {
  readonly name: string
  readonly exitCode: number | undefined
  /** ECS's text, as one line of at most 1,024 characters, such as `OutOfMemoryError: …`. */
  readonly reason: string | undefined
}

/** The greater of two values, where `undefined` is least. */
const greater = <A extends string | number>(a: A | undefined, b: A | undefined): A | undefined =>
  a === undefined ? b : b === undefined || a >= b ? a : b

/** The order of containers, by name. Returns 0 for one container. */
export const compareEnds = (a: ContainerEnd, b: ContainerEnd): number =>
  a.name === b.name ? 0 : a.name < b.name ? -1 : 1

/** Puts the ends of containers in canonical form: sorted, one per name. */
export const canonicalEnds = (ends: readonly ContainerEnd[]): readonly ContainerEnd[] => {
  const byName = new Map<string, ContainerEnd>()
  for (const end of ends) {
    const other = byName.get(end.name)
    byName.set(end.name, {
      name: end.name,
      exitCode: greater(end.exitCode, other?.exitCode),
      reason: greater(end.reason, other?.reason),
    })
  }
  return [...byName.values()].sort(compareEnds)
}

/**
 * The end of the highest version that tells one. Of two for the same version, each text and number is the greater one,
 * so that the order of arrival does not matter.
 */
export const joinEnd = (a: TaskEnd | undefined, b: TaskEnd | undefined): TaskEnd | undefined => {
  if (a === undefined || b === undefined || a === b) return a ?? b
  if (a.version !== b.version) return a.version > b.version ? a : b
  return {
    version: a.version,
    stopCode: greater(a.stopCode, b.stopCode),
    reason: greater(a.reason, b.reason),
    containers: canonicalEnds([...a.containers, ...b.containers]),
  }
}

export const sameEnd = (a: TaskEnd | undefined, b: TaskEnd | undefined): boolean =>
  a === b ||
  (b !== undefined &&
    a?.version === b.version &&
    a.stopCode === b.stopCode &&
    a.reason === b.reason &&
    a.containers.length === b.containers.length &&
    a.containers.every((one, i) => {
      const other = b.containers[i]
      return one.name === other?.name && one.exitCode === other.exitCode && one.reason === other.reason
    }))
