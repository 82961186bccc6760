/** What a user's own test looks like: the real SDK, the real worker, and a simulated account, over the wire. */
import { EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient } from '@aws-sdk/client-ecs'
import { SSMClient } from '@aws-sdk/client-ssm'
import { run, servicePorts } from 'ecs-task-stream'
import {
  awsApi,
  type ClusterSimulation,
  deliver,
  type EmbeddedSqs,
  embeddedSqs,
  type EventBridgeEvent,
  faultProxy,
  simulatedCluster,
  taskEvent,
  taskEvents,
} from 'ecs-task-stream/sim'
import { memory, type MemorySink } from 'ecs-task-stream/sinks/memory'
import { ecs } from 'ecs-task-stream/sources/ecs'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { expect, it, onTestFinished, vi } from 'vitest'

const until = (condition: () => void | Promise<void>) => vi.waitFor(condition, { timeout: 60_000 })

const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }

/** What the target says: the addresses of each backend. */
const listed = ({ target }: MemorySink): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries([...target.rows].map(([key, { value }]) => [key, value]))

const listeningApi = async (clusters: readonly ClusterSimulation[]): Promise<string> => {
  const api = await awsApi(clusters)
  onTestFinished(() => api.close())
  return api.url
}

/** The real clients, which ask that server. */
const clientsOf = (endpoint: string) => {
  const settings = { endpoint, region: 'eu-west-1', credentials }
  const clients = {
    ecs: new ECSClient(settings),
    ec2: new EC2Client(settings),
    ssm: new SSMClient(settings),
  }
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy()
  })
  return clients
}

interface Events {
  readonly server: EmbeddedSqs
  readonly url: string
  send(events: readonly EventBridgeEvent[]): Promise<void>
}

const eventQueue = async (): Promise<Events> => {
  const server = await embeddedSqs()
  onTestFinished(() => server.close())
  const { url } = await server.createQueue('events')
  return {
    server,
    url,
    send: (events) =>
      server.send(
        url,
        events.map((event) => JSON.stringify(event)),
      ),
  }
}

it('follows a task from a message in the queue to the target, and acknowledges it', async () => {
  // The service has no tasks here: those are in the events. The API knows its task definition.
  const cluster = simulatedCluster({
    seed: 1,
    services: [{ name: 'web', placement: 'fargate', desiredCount: 0, containerPort: 80 }],
  })
  const clients = clientsOf(await listeningApi([cluster]))
  const queue = await eventQueue()
  const { server, url } = queue
  const target = memory()
  const worker = run({
    sources: [sqs({ queueUrl: url, client: server.client() }), taskDefinitions({ clients: () => clients })],
    sinks: [target],
    expose: servicePorts(),
  })
  onTestFinished(() => worker.stop())

  const web = { service: 'web', address: '10.0.0.7' }
  await queue.send([taskEvent(web)])
  await until(() => expect(listed(target)).toEqual({ web: ['10.0.0.7:80'] }))

  // Another task comes and goes, and its events come twice and in any order.
  const life = taskEvents({ service: 'web', task: 2, address: '10.0.0.8' })
  await queue.send(deliver(life, { seed: 1, duplicate: 0.5, delay: 9 }))
  await queue.send([taskEvent({ service: 'web', task: 3, address: '10.0.0.9' })])
  await until(() => expect(listed(target)).toEqual({ web: ['10.0.0.7:80', '10.0.0.9:80'] }))

  await queue.send([taskEvent({ ...web, lastStatus: 'RUNNING', desiredStatus: 'STOPPED' })])
  await until(() => expect(listed(target)).toEqual({ web: ['10.0.0.9:80'] }))
  await until(async () => expect(await server.counts(url)).toEqual({ visible: 0, inFlight: 0 }))
})

it('agrees with a cluster that deploys, scales and crashes, though the API fails at first', async () => {
  const cluster = simulatedCluster({
    seed: 7,
    name: 'production',
    services: [
      { name: 'web', placement: 'fargate', desiredCount: 3 },
      { name: 'api', placement: 'bridge', desiredCount: 2 },
    ],
    instances: { ec2: 2 },
    clock: () => Date.now(),
  })
  cluster.start()
  cluster.settle()
  const target = await listeningApi([cluster])
  const proxy = await faultProxy({ target, faults: (_, count) => (count === 1 ? 'throttle' : 'ok') })
  onTestFinished(() => proxy.close())
  const clients = clientsOf(proxy.url)

  const queue = await eventQueue()
  const { server, url } = queue
  cluster.events$.subscribe((event) => void queue.send([event]))
  const held = memory()
  const worker = run({
    sources: [
      sqs({ queueUrl: url, client: server.client() }),
      ecs({ clusters: ['production'], region: 'eu-west-1', clients: () => clients }),
    ],
    sinks: [held],
    expose: servicePorts(),
  })
  onTestFinished(() => worker.stop())
  const agrees = () => until(() => expect(listed(held)).toEqual(Object.fromEntries(cluster.truth())))

  await agrees()
  cluster.deploy('web')
  cluster.settle()
  cluster.scale('api', 4)
  cluster.settle()
  cluster.crash()
  cluster.settle()
  await agrees()
  expect(proxy.calls.get('ListTasks')).toBeGreaterThan(1)
})
