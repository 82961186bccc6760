import { createServer, type RequestListener, type Server } from 'node:http'

/**
 * An HTTP server that leaves idle connections open until it is closed. Node closes them after five seconds, and a client
 * whose next request crosses that on its way gets a reset: a test that fails by chance on a busy machine.
 */
export const httpServer = (listener: RequestListener): Server =>
  createServer({ keepAliveTimeout: 0 }, listener)
