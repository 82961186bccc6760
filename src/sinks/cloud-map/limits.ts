/** Cloud Map's quotas on instances, and what is said about them. Pure. */

export interface InstanceLimits {
  /** Instances of a service. AWS does not raise it. */
  readonly perService: number
  /** Instances of a namespace. */
  readonly perNamespace: number
}

/** How full it may be before people are told. */
const nearly = 0.8

/** How many instances there are, ours or not, by the service's name. */
export type InstanceCounts = ReadonlyMap<string, number>

export const totalOf = (counts: InstanceCounts): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0)

export const limitWarnings = (
  counts: InstanceCounts,
  { perService, perNamespace }: InstanceLimits,
): readonly string[] => {
  const total = totalOf(counts)
  const full = [...counts].filter(([, count]) => count >= nearly * perService)
  return [
    ...full.map(
      ([name, count]) =>
        `the Cloud Map service ${name} has ${count} of ${perService} instances, and takes no more after these: divide it`,
    ),
    ...(total >= nearly * perNamespace
      ? [
          `the Cloud Map namespace has ${total} of ${perNamespace} instances, and takes no more after these: use another namespace for some services, or ask AWS for more`,
        ]
      : []),
  ]
}

/** How many instances may be registered in a service now, and which limit says so. */
export const roomIn = (
  name: string,
  counts: InstanceCounts,
  { perService, perNamespace }: InstanceLimits,
): { readonly room: number; readonly reason: string } => {
  const inService = perService - (counts.get(name) ?? 0)
  const inNamespace = perNamespace - totalOf(counts)
  return inService <= inNamespace
    ? {
        room: Math.max(0, inService),
        reason: `the Cloud Map service ${name} is full: it takes ${perService} instances`,
      }
    : {
        room: Math.max(0, inNamespace),
        reason: `the Cloud Map namespace is full: it takes ${perNamespace} instances`,
      }
}
