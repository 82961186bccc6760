export type Protocol = 'tcp' | 'udp'

/** Maps `containerPort` of a container to `hostPort` of its host. A range maps `count` consecutive ports one to one. */
export interface Binding {
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: Protocol
  /** 1, except for a port range. */
  readonly count: number
}
