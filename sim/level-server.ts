/** What the servers dynalite and kinesalite have in common: they keep their data in an in-memory LevelDB. */
import { once } from 'node:events'
import type { RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Starts the server on 127.0.0.1 and a free port. Resolves to its URL.
 *
 * The servers rethrow a request's 'error' event, so a client that disconnects in the middle of its body would end this
 * process. This replaces that listener, which they add while they are called. `before` is called with each request.
 */
export const startLevelServer = async (
  server: Server,
  before: (response: ServerResponse) => void = () => undefined,
): Promise<string> => {
  const [handle] = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    before(response)
    handle?.(request, response)
    request.removeAllListeners('error').on('error', () => undefined)
  })
  // As in `httpServer`.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Closes every connection, and deletes all data. */
export const closeLevelServer = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
    server.closeAllConnections()
  })
