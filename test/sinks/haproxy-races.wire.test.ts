import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Sink } from '../../src/core/sink.js'
import { EmbeddedHaproxy } from '../../sim/haproxy/embedded-haproxy.js'
import { haproxyRuntime, type HaproxyServers } from '../../src/sinks/haproxy/runtime.js'
import { backendsArbitrary } from '../../src/testing/backends.js'
import { offeredBy } from '../../src/testing/reconciled-once.js'
import { addressesOf, contractBackends } from '../support/haproxy-harness.js'
import { reconciled } from '../support/served.js'

const { signal } = new AbortController()
const backends = backendsArbitrary({ complete: true })

/**
 * Two workers of one owner write different states at the same time, while HAProxy reloads now and then. Afterwards both
 * want the same. Each command of one may come between any two of the other.
 */
const converging = (wrapped: (sink: Sink<HaproxyServers>) => Sink<HaproxyServers>) =>
  fc.asyncProperty(
    fc.array(fc.tuple(backends, backends), { minLength: 1, maxLength: 3 }),
    backends,
    fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 2 }),
    async (states, last, reloads) => {
      const haproxy = await EmbeddedHaproxy.start({
        backends: Object.fromEntries(contractBackends.map((name) => [name, 'leastconn'])),
      })
      try {
        const [one, other] = [haproxy.address, haproxy.address].map((address) =>
          wrapped(haproxyRuntime({ address })),
        ) as [Sink<HaproxyServers>, Sink<HaproxyServers>]
        haproxy.intercept = () => {
          if (reloads.includes(haproxy.commands.length)) haproxy.haproxy.reload()
          return undefined
        }
        for (const [first, second] of states)
          await Promise.all([reconciled(one, first), reconciled(other, second)])
        haproxy.intercept = () => undefined
        let changes = 1
        for (let round = 0; round < 8 && changes > 0; round++)
          changes = (await Promise.all([reconciled(one, last), reconciled(other, last)])).flat().length
        expect(changes, 'changes when both rest').toBe(0)
        const rows = await haproxyRuntime({ address: haproxy.address }).read(signal)
        expect(rows.flatMap(({ value }) => addressesOf(value)).sort()).toEqual(offeredBy(last))
      } finally {
        await haproxy.close()
      }
    },
  )

it('two workers that write at the same instant come to the same, whatever a reload takes away', async () => {
  await fc.assert(
    converging((sink) => sink),
    { numRuns: 40 },
  )
})

it('that is noticed to fail for a worker that does not look again', async () => {
  const forgetful = (sink: Sink<HaproxyServers>): Sink<HaproxyServers> => {
    let known: ReturnType<Sink<HaproxyServers>['read']> | undefined
    return { ...sink, read: (...args) => (known ??= sink.read(...args)) }
  }
  await expect(fc.assert(converging(forgetful), { numRuns: 40 })).rejects.toThrow('Property failed')
})
