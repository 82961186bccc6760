/** The proxy in a process of its own, over the ports that follow. Prints where it listens. */
import type { AddressInfo } from 'node:net'
import { tcpProxy } from 'ecs-task-stream/sinks/tcp-proxy'

const addresses = process.argv.slice(2).map((port) => ({ host: '127.0.0.1', port: Number(port) }))
const proxy = tcpProxy({ listen: () => ({ host: '127.0.0.1', port: 0 }), maxConnections: 50_000 })
const [outcome] = await proxy.apply(
  [{ _tag: 'Create', key: 'bench', after: addresses }],
  'bench',
  new AbortController().signal,
)
if (outcome?._tag !== 'Done') throw new Error('the proxy does not listen')
process.send?.((proxy.ports().get('bench')?.listening as AddressInfo | undefined)?.port)
process.once('disconnect', () => process.exit())
