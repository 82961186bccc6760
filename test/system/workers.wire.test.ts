import { describe, expect, it, vi } from 'vitest'
import { half } from '../../sim/faults/fault-proxy.js'
import { prng } from '../../sim/prng.js'
import { type Account, account, live } from './account.js'

const churn = async ({ cluster, publish }: Account, rounds = 5): Promise<void> => {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 30; i++) cluster.step()
    await publish()
  }
  cluster.settle()
  await publish()
}

/** Refuses half of the calls of ECS, EC2 and SSM. */
const halfOf = (seed: number) => {
  const random = prng(seed)
  return () => {
    const drawn = random.next()
    return drawn < 0.25 ? ('throttle' as const) : drawn < 0.5 ? ('error500' as const) : ('ok' as const)
  }
}

describe('workers over the wire', () => {
  it('three of them, with a queue each, leave exactly what is live', async () => {
    const here = await account({ seed: 1, queues: 3 })
    const workers = [0, 1, 2].map((queue) => here.work(queue))
    here.cluster.start()
    await churn(here)
    await here.agrees()
    for (const { reports } of workers)
      expect(reports.filter(({ _tag }) => _tag === 'Acknowledged').length).toBeGreaterThan(0)
  })

  it('leave exactly what is live while half of all calls are throttled or fail', async () => {
    const here = await account({ seed: 2, queues: 2, faults: halfOf(2) })
    here.proxies.dynamodb.faults = half(3)
    here.proxies.sqs.faults = half(4)
    for (const queue of [0, 1]) here.work(queue)
    here.cluster.start()
    await churn(here)
    await here.agrees()
    expect([...here.proxies.dynamodb.calls.values()].reduce((a, b) => a + b)).toBeGreaterThan(
      [...here.proxies.dynamodb.forwarded.values()].reduce((a, b) => a + b),
    )
  })

  it('pause, lose nothing and catch up when the table is unreachable for a minute', async () => {
    const here = await account({ seed: 5 })
    const { reports } = here.work(0)
    here.cluster.start()
    await churn(here, 2)
    await here.agrees()
    here.proxies.dynamodb.down = true
    const outage = here.clock.now()
    await churn(here, 4)
    await vi.waitFor(() => expect(here.clock.now() - outage).toBeGreaterThan(60_000))
    expect(reports.some((report) => report._tag === 'SinkFailed')).toBe(true)
    const acknowledged = (): number =>
      reports.reduce((sum, report) => (report._tag === 'Acknowledged' ? sum + report.deliveries : sum), 0)
    const before = acknowledged()
    here.proxies.dynamodb.down = false
    await here.agrees()
    await vi.waitFor(() => expect(acknowledged()).toBeGreaterThan(before))
  })

  it('whose events are lost are exact again after the next snapshot', async () => {
    const here = await account({ seed: 6 })
    here.work(0)
    here.cluster.start()
    here.cluster.settle()
    // Nothing is published: the queue stays empty.
    await here.agrees()
  })
})

describe('a worker that restarts on a full table', () => {
  it('removes nothing live while every lookup is throttled, and what stopped once they answer', async () => {
    const here = await account({ seed: 7 })
    const first = here.work(0)
    here.cluster.start()
    await churn(here, 2)
    await here.agrees()
    await first.worker.stop()

    const lookups = [
      'DescribeContainerInstances',
      'DescribeInstances',
      'DescribeInstanceInformation',
      'DescribeTaskDefinition',
    ]
    here.api.inject((operation) => (lookups.includes(operation) ? 'throttle' : 'ok'))
    const full = live(here.cluster)
    const second = here.work(0)
    const throttled = (): number =>
      lookups.reduce((sum, operation) => sum + (here.api.calls.get(operation) ?? 0), 0)
    const before = throttled()
    await vi.waitFor(
      () => {
        expect(throttled()).toBeGreaterThan(before + 20)
        // The snapshot was folded and reconciled; only the lookups are missing.
        expect(second.reports.some(({ _tag }) => _tag === 'Synced')).toBe(true)
      },
      { timeout: 60_000 },
    )
    expect(await here.servers()).toEqual(full)

    here.cluster.scale('web', 2)
    here.cluster.scale('api', 1)
    here.cluster.settle()
    await here.publish()
    here.api.inject(() => 'ok')
    await here.agrees()
  })

  it('adopts what ecs-task-tracker wrote, and takes its dead servers away', async () => {
    const here = await account({ seed: 8 })
    await here.put({
      id: { S: 'web__backend' },
      name: { S: 'web' },
      version: { N: '41' },
      backend: {
        M: {
          loadBalancer: { M: { method: { S: 'drr' } } },
          servers: {
            M: { '10.9.9.9:32768': { M: { url: { S: 'http://10.9.9.9:32768' }, weight: { N: '0' } } } },
          },
        },
      },
    })
    here.work(0)
    here.cluster.start()
    await churn(here, 2)
    await here.agrees()
    const [web] = (await here.items()).filter((item) => item['id']?.S === 'web__backend')
    expect(Number(web?.['version']?.N)).toBeGreaterThan(41)
    expect(web?.['backend']?.M?.['loadBalancer']).toEqual({ M: { method: { S: 'drr' } } })
  })
})

describe('a worker without snapshots', () => {
  it('follows its queue, and leaves what it cannot explain', async () => {
    const here = await account({ seed: 9 })
    await here.put({
      id: { S: 'web__backend' },
      name: { S: 'web' },
      version: { N: '3' },
      backend: {
        M: { servers: { M: { mine: { M: { url: { S: 'http://10.9.9.9:80' }, weight: { N: '5' } } } } } },
      },
    })
    here.work(0, { resyncMs: 0 })
    here.cluster.start()
    here.cluster.settle()
    await here.publish()
    await vi.waitFor(async () => {
      const held = await here.servers()
      expect(held['api']).toEqual(live(here.cluster)['api'])
      expect(held['web']).toEqual([...(live(here.cluster)['web'] ?? []), '10.9.9.9:80'].sort())
    })
  })
})
