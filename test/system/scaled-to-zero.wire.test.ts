/** Everything was scaled to zero while no worker ran: a snapshot that says so twice is believed. */
import { ECSClient } from '@aws-sdk/client-ecs'
import { type AttributeValue, ScanCommand } from '@aws-sdk/client-dynamodb'
import { type Report, run, servicePorts } from 'ecs-task-stream'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import { ecsSnapshots } from 'ecs-task-stream/sources/ecs-snapshots'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { expect, it, onTestFinished, vi } from 'vitest'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { acceleratedClock } from '../support/accelerated-clock.js'

const names = Array.from({ length: 12 }, (_, i) => `service-${i}`)
const table = 'traefik'

const serversIn = (item: Readonly<Record<string, AttributeValue>>): number =>
  Object.keys(item['backend']?.M?.['servers']?.M ?? {}).length

const setting = async (prune: 'delete' | 'empty') => {
  const clock = acceleratedClock(20)
  const cluster = simulatedCluster({
    seed: 3,
    name: 'staging',
    clock: () => clock.now(),
    services: names.map((name) => ({ name, placement: 'fargate', desiredCount: 1 })),
  })
  cluster.start()
  cluster.settle()
  const [database, api] = await Promise.all([
    embeddedDynamoDb(),
    awsApi([cluster], { now: () => clock.now() }),
  ])
  onTestFinished(async () => {
    await Promise.all([database.close(), api.close()])
  })
  await database.createTable(table)
  let lies = 0
  const clients = ({ region }: { readonly region: string }) => {
    const ecs = new ECSClient({
      region,
      endpoint: api.url,
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      maxAttempts: 1,
    })
    ecs.middlewareStack.add(
      (next, { commandName }) =>
        async (request) => {
          const answer = await next(request)
          const lie = commandName === 'ListTasksCommand' && lies-- > 0
          return lie ? { ...answer, output: { ...answer.output, taskArns: [] } } : answer
        },
      { step: 'initialize' },
    )
    return { ecs }
  }
  const client = database.client()
  return {
    cluster,
    api,
    /** The next list of tasks is empty, whatever there is. */
    lie: () => {
      lies = 1
    },
    items: async () => (await client.send(new ScanCommand({ TableName: table }))).Items ?? [],
    work: () => {
      const worker = run(
        {
          sources: [
            ecsSnapshots({ clusters: [cluster.arn], clients, clock }),
            taskDefinitions({ clients, clock }),
          ],
          sinks: [traefikTable({ table, client, prune })],
          expose: servicePorts(),
          clusters: [cluster.arn],
        },
        { clock },
      )
      const reports: Report[] = []
      worker.reports$.subscribe((report) => reports.push(report))
      onTestFinished(() => worker.stop())
      return {
        worker,
        skipped: () =>
          reports.flatMap((report) =>
            report._tag === 'Planned' ? [report.plan.skipped.map(({ why }) => why)] : [],
          ),
      }
    },
  }
}

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 60_000, interval: 20 })

it.each(['delete', 'empty'] as const)(
  'services that were scaled to zero while the worker was down lose their servers and keep their items (prune: %s)',
  async (prune) => {
    const { cluster, api, items, work } = await setting(prune)
    const first = work()
    await eventually(async () => expect((await items()).map(serversIn)).toEqual(names.map(() => 1)))
    await first.worker.stop()

    for (const name of names) cluster.scale(name, 0)
    cluster.settle()
    const listings = api.calls.get('ListTasks') ?? 0
    const second = work()
    await eventually(async () => expect((await items()).map(serversIn)).toEqual(names.map(() => 0)))
    await second.worker.ready
    // It asked twice, and at once: the second snapshot was not due for five minutes.
    expect(api.calls.get('ListTasks')).toBe(listings + 2)
    const told = second.skipped()
    expect(told).toContainEqual(names.map(() => 'too-much'))
    if (prune === 'delete') expect(told.at(-1)).toEqual(names.map(() => 'emptied-only'))
    expect((await items()).map((item) => item['name']?.S).toSorted()).toEqual(names.toSorted())
  },
)

it('a list that is empty by mistake, once, takes nothing away', async () => {
  const { items, work, lie } = await setting('delete')
  const first = work()
  await eventually(async () => expect((await items()).map(serversIn)).toEqual(names.map(() => 1)))
  await first.worker.stop()
  const before = await items()

  lie()
  const second = work()
  await eventually(() => expect(second.skipped()).toContainEqual(names.map(() => 'too-much')))
  await second.worker.ready
  await eventually(() => expect(second.skipped().at(-1)).toEqual([]))
  expect(await items()).toEqual(before)
})
