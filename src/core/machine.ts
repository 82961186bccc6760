/** The machine of a container instance, which never changes. */
export interface Machine {
  /** `i-…` of EC2, `mi-…` of Systems Manager. */
  readonly id: string
  /** Such as `m6i.large`. Absent outside of EC2. */
  readonly type: string | undefined
  /** The availability zone. Absent outside of EC2. */
  readonly zone: string | undefined
  /** The private DNS name in EC2, or the name in Systems Manager. */
  readonly hostName: string | undefined
}

const greater = <A extends string | undefined>(a: A, b: A): A =>
  a === undefined ? b : b === undefined || a >= b ? a : b

/** Fills in missing facts. They never change; if two differ anyway, a total order decides. */
export const joinMachine = (a: Machine | undefined, b: Machine | undefined): Machine | undefined => {
  if (a === undefined || b === undefined || a === b) return a ?? b
  const id = greater(a.id, b.id)
  const type = greater(a.type, b.type)
  const zone = greater(a.zone, b.zone)
  const hostName = greater(a.hostName, b.hostName)
  return id === a.id && type === a.type && zone === a.zone && hostName === a.hostName
    ? a
    : { id, type, zone, hostName }
}
