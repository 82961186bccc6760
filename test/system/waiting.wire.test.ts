/** Over the wire: what no sink can hold yet stays where it came from. */
import { ECSClient } from '@aws-sdk/client-ecs'
import { EC2Client } from '@aws-sdk/client-ec2'
import { SSMClient } from '@aws-sdk/client-ssm'
import { type Report, run, servicePorts, type Source, systemClock } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { eventBridgeWebhook } from 'ecs-task-stream/sources/event-bridge-webhook'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { snsWebhook } from 'ecs-task-stream/sources/sns-webhook'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { afterAll, beforeAll, describe, expect, it, type TestContext, vi } from 'vitest'
import { type AwsApi, awsApi, type CallOutcome } from '../../sim/aws-api/aws-api.js'
import { type EmbeddedSqs, embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { faultProxy } from '../../sim/faults/fault-proxy.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { acceleratedClock } from '../support/accelerated-clock.js'
import { inSns } from '../support/ecs-event-builder.js'
import { listening, requested } from '../support/followed.js'

const lookups: readonly string[] = [
  'DescribeContainerInstances',
  'DescribeInstances',
  'DescribeInstanceInformation',
  'DescribeTaskDefinition',
]

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 60_000, interval: 20 })

/** One service whose task's address must be looked up, or its definition; and the event that the task runs. */
const running = (placement: 'bridge' | 'fargate') => {
  const cluster = simulatedCluster({
    seed: 11,
    name: 'staging',
    clock: () => Date.now(),
    instances: { ec2: 1 },
    services: [{ name: 'web', placement, desiredCount: 1 }],
  })
  const events: string[] = []
  cluster.events$.subscribe((event) => {
    if (event.detail['lastStatus'] === 'RUNNING' && event.detail['desiredStatus'] === 'RUNNING')
      events.push(JSON.stringify(event))
  })
  cluster.start()
  cluster.settle()
  return { cluster, event: events.at(-1) ?? '' }
}

/** Tests that run at once must each say which one it is that ends. */
type Ending = Pick<TestContext, 'onTestFinished'>

/** A worker without snapshots on a source, whose lookups fare as `fate` says. */
const worker = async (
  { onTestFinished }: Ending,
  placement: 'bridge' | 'fargate',
  source: Source,
  fate: CallOutcome,
) => {
  const { cluster, event } = running(placement)
  const api: AwsApi = await awsApi([cluster], {
    faults: (operation) => (lookups.includes(operation) ? fate : 'ok'),
  })
  const clock = acceleratedClock(20)
  const clients = ({ region }: { readonly region: string }) => {
    const settings = {
      region,
      endpoint: api.url,
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
      maxAttempts: 1,
    }
    return { ecs: new ECSClient(settings), ec2: new EC2Client(settings), ssm: new SSMClient(settings) }
  }
  const sink = memorySink()
  const made = run(
    {
      sources: [source, instanceAddresses({ clients, clock }), taskDefinitions({ clients, clock })],
      sinks: [sink],
      expose: servicePorts(),
      drainMs: 1_000,
    },
    { clock: systemClock },
  )
  const reports: Report[] = []
  made.reports$.subscribe((report) => reports.push(report))
  onTestFinished(async () => {
    await made.stop()
    await api.close()
  })
  const asked = (): number => lookups.reduce((sum, operation) => sum + (api.calls.get(operation) ?? 0), 0)
  const servers = () => sink.target.rows.get('web')?.value
  return { worker: made, cluster, event, api, reports, asked, servers, truth: cluster.truth().get('web') }
}

let queues: EmbeddedSqs
beforeAll(async () => {
  queues = await embeddedSqs()
})
afterAll(() => queues.close())

// They wait for leases to be extended: for seconds, and together.
describe.concurrent.each([
  ['address', 'bridge'],
  ['definition', 'fargate'],
] as const)('a message about a task whose %s cannot be looked up', (what, placement) => {
  let n = 0
  const queued = async (test: Ending, fate: CallOutcome) => {
    const proxy = await faultProxy({ target: queues.url })
    test.onTestFinished(() => proxy.close())
    const queue = await queues.createQueue(`waiting-${what}-${++n}`, { redrive: { maxReceiveCount: 2 } })
    const source = sqs({
      queueUrl: queue.url,
      client: queues.client({ endpoint: proxy.url, maxAttempts: 1 }),
      visibilitySeconds: 1,
      waitSeconds: 1,
    })
    const made = await worker(test, placement, source, fate)
    return { ...made, proxy, queue }
  }

  it.for(['throttle', 'error500', 'drop'] as const)(
    'stays in its queue, its lease extended and its receives uncounted, until the lookup answers (%s)',
    async (fate, test) => {
      const { event, proxy, queue, api, asked, servers, truth } = await queued(test, fate)
      await queues.send(queue.url, [event])
      // Leases of one second, extended at half-life: five are more than the two receives that redrive allows.
      await eventually(() => {
        expect(proxy.calls.get('ChangeMessageVisibilityBatch')).toBeGreaterThanOrEqual(5)
        expect(asked()).toBeGreaterThanOrEqual(3)
      })
      expect(await queues.counts(queue.url)).toEqual({ visible: 0, inFlight: 1 })
      expect(await queues.counts(queue.deadLetterUrl!)).toEqual({ visible: 0, inFlight: 0 })
      expect(proxy.calls.get('DeleteMessageBatch')).toBeUndefined()
      expect(servers() ?? []).toEqual([])

      api.inject(() => 'ok')
      await eventually(async () =>
        expect(await queues.counts(queue.url)).toEqual({ visible: 0, inFlight: 0 }),
      )
      expect(servers()).toEqual(truth)
      expect(await queues.counts(queue.deadLetterUrl!)).toEqual({ visible: 0, inFlight: 0 })
    },
  )

  it('is deleted when the answer is final, and others are not blocked meanwhile', async (test) => {
    const { event, queue, reports, asked } = await queued(test, 'denied')
    await queues.send(queue.url, [event, JSON.stringify({ ...JSON.parse(event), source: 'not.ours' })])
    await eventually(async () => expect(await queues.counts(queue.url)).toEqual({ visible: 0, inFlight: 0 }))
    expect(asked()).toBeGreaterThan(0)
    const unresolved = reports.flatMap((report) => (report._tag === 'Unresolved' ? [report] : [])).at(-1)
    expect([...(unresolved?.tasks.values() ?? [])].map(({ why }) => why)).toEqual(['lookup-refused'])
    expect(await queues.counts(queue.deadLetterUrl!)).toEqual({ visible: 0, inFlight: 0 })
  })

  it('comes again when the worker stops', async (test) => {
    const { worker: made, event, queue, asked } = await queued(test, 'throttle')
    await queues.send(queue.url, [event])
    await eventually(() => expect(asked()).toBeGreaterThan(0))
    await made.stop()
    await eventually(async () => {
      const { visible, inFlight } = await queues.counts(queue.url)
      expect(visible + inFlight).toBe(1)
    })
  })
})

describe('a webhook', () => {
  const kinds = {
    EventBridge: () => ({
      source: eventBridgeWebhook({ secrets: ['a-secret'], answerWithinMs: 300 }),
      body: (event: string) => event,
    }),
    SNS: () => ({
      source: snsWebhook({
        topics: ['arn:aws:sns:eu-west-1:123456789012:ecs-events'],
        verify: 'off',
        answerWithinMs: 300,
      }),
      body: (event: string) =>
        JSON.stringify({
          ...inSns(JSON.parse(event)),
          Timestamp: new Date().toISOString(),
          SignatureVersion: '2',
          Signature: 'none',
          SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/none.pem',
        }),
    }),
  }

  it.for(['EventBridge', 'SNS'] as const)(
    'of %s answers 503 while a lookup has not answered, so that the event comes again, and 200 when it has',
    async (kind, test) => {
      const { source, body } = kinds[kind]()
      const server = await listening(source.listener)
      test.onTestFinished(() => server.close())
      const { event, api, servers, truth } = await worker(test, 'bridge', source, 'throttle')
      const post = async (): Promise<number> =>
        (
          await requested(server.url, {
            body: body(event),
            headers: {
              'content-type': kind === 'SNS' ? 'text/plain; charset=UTF-8' : 'application/json',
              'x-api-key': 'a-secret',
              'x-amz-sns-message-type': 'Notification',
            },
          })
        ).status
      expect(await post()).toBe(503)
      expect(await post()).toBe(503)
      expect(servers() ?? []).toEqual([])
      api.inject(() => 'ok')
      await eventually(async () => expect(await post()).toBe(200))
      expect(servers()).toEqual(truth)
    },
  )
})
