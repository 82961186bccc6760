/** The addresses of a host: of an awsvpc task's own network interface, or of a container instance. */
export interface Addresses {
  readonly ipv4: string | undefined
  readonly ipv6: string | undefined
}
