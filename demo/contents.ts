/** The servers (`host:port`, sorted) of each service, in the cluster or in the table. */
export type Contents = ReadonlyMap<string, readonly string[]>

/** The difference between cluster and table for one service. */
export interface Disagreement {
  readonly service: string
  /** In the cluster and not in the table. */
  readonly missing: readonly string[]
  /** In the table and not in the cluster. */
  readonly stale: readonly string[]
}

/** The services that differ, in the order of the cluster, followed by those that only the table has. */
export const disagreements = (truth: Contents, table: Contents): readonly Disagreement[] =>
  [...new Set([...truth.keys(), ...table.keys()])]
    .map((service) => {
      const real = truth.get(service) ?? []
      const listed = table.get(service) ?? []
      return {
        service,
        missing: real.filter((server) => !listed.includes(server)),
        stale: listed.filter((server) => !real.includes(server)),
      }
    })
    .filter(({ missing, stale }) => missing.length + stale.length > 0)
