import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * A task's container: a server that says who it is, and knows how often it was asked. It answers once `ready` has
 * resolved; below `/slow`, when it is released. It is closed after the test.
 */
export const container = async (name: string, ready: Promise<void> = Promise.resolve()) => {
  let requests = 0
  const slow: (() => void)[] = []
  const server = createServer(({ url }, response) => {
    requests++
    if (url === '/slow') slow.push(() => response.end(`${name}, slowly`))
    else void ready.then(() => response.end(name))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    slow: () => slow.length,
    release: () => slow.splice(0).forEach((answer) => answer()),
  }
}
