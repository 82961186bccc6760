/** Name servers on 127.0.0.1, over UDP and TCP on one port. */
export interface NameServers {
  readonly host: string
  readonly port: number
  /** `host:port`, as `Resolver.setServers` takes it. */
  readonly address: string
  /** Questions so far, by transport. */
  readonly questions: { readonly udp: number; readonly tcp: number }
}
