/** A process that answers, as a task does: each request of so many bytes with as many. `node … <request bytes>`. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

const size = Number(process.argv[2])

const server = createServer({ noDelay: true }, (socket) => {
  let missing = size
  const answer = Buffer.alloc(size, 'a')
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    let left = chunk.length
    while (left >= missing) {
      left -= missing
      missing = size
      socket.write(answer)
    }
    missing -= left
  })
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  process.send?.((server.address() as AddressInfo).port),
)
process.once('disconnect', () => process.exit())
