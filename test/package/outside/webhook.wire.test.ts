import { backendOf, backendsOf, type SinkHarness, sinkContract } from 'ecs-task-stream/testing'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { type Posted, type Servers, webhook } from './webhook.js'

interface Receiver {
  readonly url: string
  /** Every request that it took, in order. */
  readonly requests: readonly Posted[]
  /** What it does with requests about a backend: refuse them, or take them and never answer. */
  readonly faults: Map<string, 'refuse' | 'no answer'>
  readonly close: () => Promise<void>
}

const receiver = async (): Promise<Receiver> => {
  const requests: Posted[] = []
  const faults: Receiver['faults'] = new Map()
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const posted = body as Posted
      const fault = faults.get(posted.backend)
      if (fault !== 'refuse') requests.push(posted)
      if (fault === 'no answer') request.socket.destroy()
      else response.writeHead(fault === 'refuse' ? 503 : 204).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const lastOf = (requests: readonly Posted[]): ReadonlyMap<string, Servers> => {
  const last = new Map<string, Servers>()
  for (const { backend, servers } of requests)
    if (servers === null) last.delete(backend)
    else last.set(backend, servers)
  return last
}

const harness = async (): Promise<SinkHarness<Servers>> => {
  const { url, requests, faults, close } = await receiver()
  return {
    sink: webhook({ url }),
    snapshot: () => Promise.resolve(lastOf(requests)),
    writes: () => requests.length,
    addresses: (servers) => servers,
    failOn: (key) => void faults.set(key, 'refuse'),
    dispose: close,
  }
}

// What was posted is known to this process alone, and the receiver says nothing of itself.
sinkContract('webhook', harness, {
  lacks: ['tampering', 'foreign-rows', 'adoption', 'extras', 'restart', 'races'],
})

it('posts a change again when the answer was lost: at least once', async () => {
  const { url, requests, faults, close } = await receiver()
  const sink = webhook({ url })
  const { signal } = new AbortController()
  const backends = backendsOf([backendOf('web', [{ host: '10.0.0.1', port: 80 }])])
  const changes = [...sink.render(backends, new Map())].map(
    ([key, after]) => ({ _tag: 'Create', key, after }) as const,
  )
  faults.set('web', 'no answer')
  expect(await sink.apply(changes, 'us', signal)).toMatchObject([{ _tag: 'Failed', key: 'web' }])
  expect(await sink.read(signal)).toEqual([])
  faults.clear()
  expect(await sink.apply(changes, 'us', signal)).toMatchObject([{ _tag: 'Done', key: 'web' }])
  const posted = { backend: 'web', servers: ['10.0.0.1:80'] }
  expect(requests).toEqual([posted, posted])
  await close()
})
