import { describe, expect, it } from 'vitest'
import { half } from '../../sim/faults/fault-proxy.js'
import { type Account, account } from './account.js'
import { missingServers } from './missing-servers.js'

const churn = async ({ cluster, publish }: Account, rounds: number): Promise<void> => {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 30; i++) cluster.step()
    await publish()
  }
}

describe('workers that share a journal', () => {
  it('on one queue, without snapshots, while half of all calls fail and they are replaced, remove no live server and end exact', async () => {
    const here = await account({ seed: 21 })
    here.proxies.dynamodb.faults = half(3)
    here.proxies.sqs.faults = half(4)
    const launch = () => here.work(0, { resyncMs: 0, journal: true })
    const running = [launch(), launch(), launch()]
    const removed = missingServers(here)
    here.cluster.start()
    for (let i = 0; i < 3; i++) {
      await churn(here, 2)
      // One leaves without a word: what it has in its hands, the queue delivers again.
      const [left] = running.splice(i % running.length, 1, launch())
      void left?.worker.stop()
    }
    here.cluster.settle()
    await here.publish()
    await here.agrees()
    expect(await removed()).toEqual([])
  })

  it('a worker that starts anew while ECS refuses every call is complete, and follows events', async () => {
    const here = await account({ seed: 22 })
    const launch = () => here.work(0, { resyncMs: 3_600_000, journal: true })
    here.cluster.start()
    here.cluster.settle()
    const first = launch()
    await here.publish()
    await here.agrees()
    await first.worker.stop()

    here.api.inject(() => 'error500')
    const snapshots = here.api.calls.get('ListTasks')
    const next = launch()
    await next.worker.ready
    here.cluster.scale('web', 2)
    here.cluster.scale('edge', 1)
    here.cluster.settle()
    await here.publish()
    await here.agrees()
    expect(here.api.calls.get('ListTasks')).toBe(snapshots)
  })
})
