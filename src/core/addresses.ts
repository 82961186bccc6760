/** The addresses of a host: an awsvpc task's own network interface, or a container instance. */
export interface Addresses {
  readonly ipv4: string | undefined
  readonly ipv6: string | undefined
}
