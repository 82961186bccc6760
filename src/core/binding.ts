export type Protocol = 'tcp' | 'udp'

/**
 * Port `containerPort` of a container is reached at `hostPort` of its host; a range of ports is `count` of them, in
 * step.
 */
export interface Binding {
  readonly containerPort: number
  readonly hostPort: number
  readonly protocol: Protocol
  /** 1 but for a binding of a port range. */
  readonly count: number
}
