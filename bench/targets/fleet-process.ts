/**
 * The tasks: HTTP servers that answer within 1 to 5 ms, and note when each target sent them its first and its last
 * request. One process has them all; a crash ends a server with all its connections.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FleetOrder, FleetReport } from './fleet.js'
import { now } from './now.js'

const servers = new Map<string, Server>()
const died: Record<string, number> = {}
const arrivals: Record<string, Record<string, { first: number; last: number }>> = {}

const start = (id: string): void => {
  const noted: Record<string, { first: number; last: number }> = (arrivals[id] = {})
  let turn = 0
  const server = createServer((request, response) => {
    const target = String(request.headers['x-target'])
    const at = now()
    noted[target] = { first: noted[target]?.first ?? at, last: at }
    setTimeout(() => response.end(id), 1 + (turn++ % 5))
  })
  server.keepAliveTimeout = 60_000
  servers.set(id, server)
  server.listen(0, '127.0.0.1', () => process.send?.({ id, port: (server.address() as AddressInfo).port }))
}

process.on('message', (order: FleetOrder) => {
  switch (order._tag) {
    case 'Start':
      start(order.id)
      return
    case 'Close': {
      const server = servers.get(order.id)
      server?.close()
      server?.closeIdleConnections()
      return
    }
    case 'Crash': {
      const server = servers.get(order.id)
      server?.close()
      server?.closeAllConnections()
      died[order.id] = now()
      return
    }
    case 'Report':
      process.send?.({ arrivals, died } satisfies FleetReport)
  }
})
process.once('disconnect', () => process.exit())
