/**
 * Fails a file that leaves something open. The files of a tier share worker processes, so what one leaves disturbs the
 * others: it takes their time, and a client that tries again reaches whichever server has its port next.
 */
import { Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect } from 'vitest'

/** What keeps a process alive, by Node's names. */
const kinds: ReadonlyMap<string, string> = new Map([
  ['TCPServerWrap', 'a server'],
  ['TCPSocketWrap', 'a connection'],
  ['ConnectWrap', 'an attempt to connect'],
  ['UDPWrap', 'a UDP socket'],
  ['ProcessWrap', 'a process'],
  ['Timeout', 'a timer'],
])

/** A busy machine is slow to close. Only a file that fails waits so long. */
const patienceMs = 30_000

const open = (): readonly string[] =>
  process
    .getActiveResourcesInfo()
    .flatMap((resource) => kinds.get(resource) ?? [])
    .sort()

/** Between which ports connections are, and where servers listen: Node has no public way to ask. */
const addresses = (): readonly string[] =>
  (process as unknown as { _getActiveHandles(): readonly unknown[] })
    ._getActiveHandles()
    .flatMap((handle) => {
      if (handle instanceof Server) return [`listens: ${JSON.stringify(handle.address())}`]
      if (handle instanceof Socket && handle.localPort !== undefined)
        return [`${handle.localPort} → ${handle.remotePort ?? '?'}`]
      return []
    })

// Hooks run in reverse order: this one, which is registered first, runs after those of the file.
afterAll(async () => {
  const end = performance.now() + patienceMs
  while (open().length > 0 && performance.now() < end) await sleep(10)
  const left = open()
  const what = `what the file leaves open (${addresses().join(', ')})`
  // A connection alone, without a timer that ends or repeats it, may be a client's of another run on this machine.
  if (left.length > 0 && left.every((kind) => kind === 'a connection'))
    console.warn(`${what}: ${left.join(', ')}`)
  else expect(left.join(', '), what).toBe('')
}, 2 * patienceMs)
