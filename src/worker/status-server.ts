import Fastify from 'fastify'
import { type ListenAddress, listenAddress } from './listen-address.js'
import { statusRoutes, type StatusRoutesOptions } from './status-routes.js'

export interface StatusServerOptions extends StatusRoutesOptions {
  readonly listen: ListenAddress
}

export interface StatusServer {
  /** Where it listens; with the port that it got, if it asked for any. */
  readonly url: string
  /** Stops listening and closes what is open. */
  close(): Promise<void>
}

/** Tells how a worker is doing, by `statusRoutes`. Rejects when it cannot listen. */
export const statusServer = async ({ listen, ...answers }: StatusServerOptions): Promise<StatusServer> => {
  const server = Fastify({
    // Questions are short, and who asks slowly is cut off: the worker has other things to do.
    bodyLimit: 1024,
    requestTimeout: 5_000,
    connectionTimeout: 10_000,
    forceCloseConnections: true,
  })
  server.register(statusRoutes(answers))
  await server.listen({ host: listen.host, port: listen.port })
  const [address] = server.addresses()
  const port = typeof address === 'object' ? address.port : listen.port
  return {
    url: `http://${listenAddress().format({ host: listen.host, port })}`,
    close: () => server.close(),
  }
}
