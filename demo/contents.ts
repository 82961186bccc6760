/** By service, the `host:port` of its servers, sorted: what the cluster is, or what the table says. */
export type Contents = ReadonlyMap<string, readonly string[]>

/** Where two of them differ, for one service. */
export interface Disagreement {
  readonly service: string
  /** In the truth and not in the table. */
  readonly missing: readonly string[]
  /** In the table and not in the truth. */
  readonly stale: readonly string[]
}

/** In the order of the truth, then what only the table has; services that agree are left out. */
export const disagreements = (truth: Contents, table: Contents): readonly Disagreement[] =>
  [...new Set([...truth.keys(), ...table.keys()])]
    .map((service) => {
      const real = truth.get(service) ?? []
      const told = table.get(service) ?? []
      return {
        service,
        missing: real.filter((server) => !told.includes(server)),
        stale: told.filter((server) => !real.includes(server)),
      }
    })
    .filter(({ missing, stale }) => missing.length + stale.length > 0)
