/** Events of ECS in a queue, and what a resolver is told of them: with the real clients and over the wire. */
import { type Report, run, srvNames, type TaskDefinition } from 'ecs-task-stream'
import { memory } from 'ecs-task-stream/sources/memory'
import { sqs } from 'ecs-task-stream/sources/sqs'
import type { Resolver } from 'node:dns/promises'
import { performance } from 'node:perf_hooks'
import { expect, it, onTestFinished, vi } from 'vitest'
import { embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { awsLimits } from '../../sim/route53/route53-throttle.js'
import { embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { srvRecords, type SrvRecordsOptions } from '../../src/sinks/route53/index.js'
import { ecsEvent, eni } from '../support/ecs-event-builder.js'

const account = '123456789012'
const cluster = `arn:aws:ecs:eu-west-1:${account}:cluster/shop`
const definition: TaskDefinition = {
  arn: `arn:aws:ecs:eu-west-1:${account}:task-definition/calc:1`,
  networkMode: 'awsvpc',
  containers: [
    {
      name: 'calc',
      image: undefined,
      ports: [{ containerPort: 8081, hostPort: 8081, protocol: 'tcp', count: 1 }],
      labels: {},
      environment: { SERVICE_8081_NAME: '_calc._tcp' },
    },
  ],
}

/** A worker on a queue, a zone with the limits and the latency of the real one, and a resolver that asks it. */
const system = async (options: Partial<SrvRecordsOptions> = {}) => {
  const [queues, route53] = await Promise.all([
    embeddedSqs(),
    embeddedRoute53({ limits: awsLimits, processingMs: 50 }),
  ])
  const zone = 'servicediscovery.internal'
  const [zoneId, { url: queueUrl }] = await Promise.all([
    route53.createZone(zone),
    queues.createQueue('events', { redrive: { maxReceiveCount: 50 } }),
  ])
  const known = memory({ name: 'known', covers: [cluster] })
  const worker = run({
    sources: [sqs({ queueUrl, client: queues.client(), waitSeconds: 1 }), known],
    sinks: [srvRecords({ zoneId, client: route53.client(), ...options })],
    expose: srvNames(),
    clusters: [cluster],
  })
  const reports: Report[] = []
  worker.reports$.subscribe((report) => reports.push(report))
  onTestFinished(async () => {
    await worker.stop()
    await Promise.all([queues.close(), route53.close()])
  })
  let version = 0
  /** A task on an address of its own starts to run, or stops. */
  const happens = async (
    task: string,
    status: 'RUNNING' | 'STOPPED',
    ipv4: string,
    ipv6?: string,
  ): Promise<void> => {
    const event = ecsEvent({
      taskArn: `arn:aws:ecs:eu-west-1:${account}:task/shop/${task}`,
      clusterArn: cluster,
      lastStatus: status,
      desiredStatus: status,
      version: ++version,
      updatedAt: new Date().toISOString(),
      group: 'service:calc',
      taskDefinitionArn: definition.arn,
      attachments: [eni(ipv4, ipv6 === undefined ? {} : { ipv6 })],
      containers: [{ name: 'calc', lastStatus: status, networkInterfaces: [] }],
    })
    await queues.send(queueUrl, [JSON.stringify(event)])
  }
  const resolver = route53.resolver()
  const name = `_calc._tcp.${zone}`

  // The worker has read the zone and a definition, which it knows as long as some task has it, when this is over.
  const at = Date.now() - 60_000
  await vi.waitFor(async () =>
    expect(await known.push({ _tag: 'TasksListed', cluster, at, tasks: [] })).toBe('acked'),
  )
  await happens('first', 'RUNNING', '10.9.9.9')
  await vi.waitFor(() => expect(reports.some(({ _tag }) => _tag === 'Unresolved')).toBe(true))
  await known.push({ _tag: 'DefinitionDescribed', definition })
  await until(resolver, name, ['10.9.9.9:8081'])
  await happens('first', 'STOPPED', '10.9.9.9')
  await until(resolver, name, [])
  return { zone, zoneId, name, route53, resolver, reports, happens }
}

/** `address:port` of everything that a client finds who asks for the name, and then for each host; none is none. */
const found = async (resolver: Resolver, name: string): Promise<readonly string[]> => {
  try {
    const services = await resolver.resolveSrv(name)
    const hosts = await Promise.all(
      services.map(async (service) =>
        (await resolver.resolve4(service.name)).map((address) => `${address}:${service.port}`),
      ),
    )
    return hosts.flat().sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTFOUND') return []
    throw error
  }
}

/** How long it took until a client was told so, in milliseconds. */
const until = async (resolver: Resolver, name: string, expected: readonly string[]): Promise<number> => {
  const begun = performance.now()
  await vi.waitFor(async () => expect(await found(resolver, name)).toEqual(expected), {
    timeout: 60_000,
    interval: 10,
  })
  return performance.now() - begun
}

it.each(['simple', 'weighted'] as const)(
  '%s: SRV and A answers change within a second of the event',
  async (shape) => {
    const { zone, name, resolver, happens, route53, zoneId } = await system({ shape })
    const waits: number[] = []
    const then = async (expected: readonly string[]) => waits.push(await until(resolver, name, expected))
    await happens('one', 'RUNNING', '10.0.0.1', 'fd00::1')
    await then(['10.0.0.1:8081'])
    expect(await resolver.resolve6(`ip-10-0-0-1.${zone}`)).toEqual(['fd00::1'])
    // Whoever asks for weighted records is told one of them: what is there is then what the zone has.
    if (shape === 'simple') {
      await happens('two', 'RUNNING', '10.0.0.2')
      await then(['10.0.0.1:8081', '10.0.0.2:8081'])
      await happens('one', 'STOPPED', '10.0.0.1')
      await then(['10.0.0.2:8081'])
    } else {
      await happens('one', 'STOPPED', '10.0.0.1')
      await then([])
      await happens('two', 'RUNNING', '10.0.0.2')
      await then(['10.0.0.2:8081'])
    }
    await expect(resolver.resolve4(`ip-10-0-0-1.${zone}`)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await happens('two', 'STOPPED', '10.0.0.2')
    await then([])
    // A busy machine makes a wait longer, never shorter: a worker that rests for a second has none that is below.
    for (let round = 0; round < 20 && Math.min(...waits) >= 1_000; round++) {
      await happens(`again-${round}`, 'RUNNING', '10.0.0.3')
      await then(['10.0.0.3:8081'])
      await happens(`again-${round}`, 'STOPPED', '10.0.0.3')
      await then([])
    }
    expect(Math.min(...waits)).toBeLessThan(1_000)
    const left = (await route53.recordSets(zoneId)).filter(({ Type }) => Type !== 'NS' && Type !== 'SOA')
    expect(left.map(({ Name }) => Name)).toEqual([`srv-_calc._tcp.${zone}.`])
  },
)

it('a deployment of a hundred tasks is written whole, and at no moment a client gets a host that does not exist', async () => {
  const { name, resolver, happens, reports } = await system()
  const address = (n: number): string => `10.0.${n >> 8}.${n % 256}`
  const asked = { lost: [] as string[], times: 0, over: false }
  const asking = (async () => {
    while (!asked.over) {
      const services = await resolver.resolveSrv(name).catch(() => [])
      for (const service of services.slice(0, 3)) {
        asked.times++
        const answer = await resolver.resolve4(service.name).catch(() => [])
        // It may have gone since: then the name leads there no more either.
        if (
          answer.length === 0 &&
          (await resolver.resolveSrv(name).catch(() => [])).some((now) => now.name === service.name)
        )
          asked.lost.push(service.name)
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
  })()
  for (let n = 0; n < 100; n++) await happens(`old-${n}`, 'RUNNING', address(n))
  for (let n = 0; n < 100; n++) {
    await happens(`new-${n}`, 'RUNNING', address(100 + n))
    await happens(`old-${n}`, 'STOPPED', address(n))
  }
  const expected = Array.from({ length: 100 }, (_, n) => `${address(100 + n)}:8081`).sort()
  await until(resolver, name, expected)
  asked.over = true
  await asking
  expect(asked.lost).toEqual([])
  expect(asked.times).toBeGreaterThan(20)
  expect(reports.filter(({ _tag }) => _tag === 'Rejected')).toEqual([])
})
