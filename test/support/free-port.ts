import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below 32768 a system gives ports to nobody who does not name one: neither to `listen(0)` nor to a connection that
 * goes out. So a port from here stays free until the test uses it. Each process begins in a place of its own.
 */
const lowest = 12_000
const count = 20_000
let next = (process.pid * 101) % count

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port)
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

/** A port where nobody listens, on any address, until the test does. The process gets it once. */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < count; tries++) {
    const port = lowest + next
    next = (next + 1) % count
    if (await isFree(port)) return port
  }
  throw new Error(`All ports from ${lowest} to ${lowest + count} are taken`)
}
