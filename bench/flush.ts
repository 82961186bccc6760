import { filter, firstValueFrom } from 'rxjs'
import { run, servicePorts, type ClusterEvent } from 'ecs-task-stream'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import { embeddedDynamoDb } from '../sim/dynamodb/embedded-dynamodb.js'
import { embeddedSqs } from '../sim/sqs/embedded-sqs.js'
import { simulatedCluster } from '../sim/ecs/simulated-cluster.js'
import { counted } from './counted-client.js'
import { type Effort, fullEffort } from './effort.js'
import { type Finding, measured } from './finding.js'
import { spread, spreadOf } from './spread.js'
import { heading, table } from './stopwatch.js'

const TASKS = 1_000
const ROUNDS = 5
const AIM = 0.02

interface Flushed {
  readonly events: number
  readonly calls: number
  readonly tookMs: number
}

interface Deployment {
  readonly tasks: number
  readonly cluster: string
  readonly definitions: readonly ClusterEvent[]
  /** What the services are before, and the events of the rolling deployment. */
  readonly before: readonly string[]
  readonly bodies: readonly string[]
}

/** A rolling deployment of 1,000 Fargate tasks: nine events for each that is replaced. */
const record = (services: number, tasks: number): Deployment => {
  const names = Array.from({ length: services }, (_, i) => `service-${i}`)
  const cluster = simulatedCluster({
    seed: 3,
    services: names.map((name) => ({ name, placement: 'fargate', desiredCount: tasks / services })),
  })
  let bodies: string[] = []
  cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
  cluster.start()
  cluster.settle()
  const before = bodies
  bodies = []
  for (const name of names) cluster.deploy(name)
  cluster.settle()
  return {
    tasks,
    cluster: cluster.arn,
    before,
    bodies,
    definitions: cluster.definitions().map(({ arn, family }) => ({
      _tag: 'DefinitionDescribed',
      definition: {
        arn,
        networkMode: 'awsvpc',
        containers: [
          {
            name: family,
            ports: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp', count: 1 }],
            image: undefined,
            labels: {},
            environment: {},
          },
        ],
      },
    })),
  }
}

const flush = async ({ tasks, cluster, before, bodies, definitions }: Deployment): Promise<Flushed> => {
  const [database, messages] = await Promise.all([embeddedDynamoDb(), embeddedSqs()])
  await database.createTable('traefik')
  const queue = await messages.createQueue('events', { redrive: { maxReceiveCount: 9 } })
  const client = database.client()
  const { calls } = counted(client)
  const known = memorySource()
  const worker = run({
    sources: [
      sqs({ queueUrl: queue.url, client: messages.client({ maxAttempts: 1 }), waitSeconds: 1 }),
      known,
    ],
    sinks: [traefikTable({ table: 'traefik', client })],
    expose: servicePorts(),
  })
  let acknowledged = 0
  let unsettled = 0
  worker.reports$.subscribe((report) => {
    if (report._tag === 'Folded') acknowledged += report.events
    if (report._tag === 'Acknowledged') unsettled = report.unsettled
  })
  const drained = async (): Promise<void> => {
    for (;;) {
      const { visible, inFlight } = await messages.counts(queue.url)
      if (visible + inFlight + unsettled === 0) return
    }
  }
  void known.push({ _tag: 'TasksListed', cluster, at: 0, tasks: [] })
  await messages.send(queue.url, before)
  // As the lookups answer: once tasks need it. Their deliveries wait for it.
  await firstValueFrom(worker.state$.pipe(filter((state) => state.tasks.size === tasks)))
  await known.push(...definitions)
  await drained()
  // What no task needed yet was forgotten with the sweep that followed the snapshot.
  await known.push(...definitions)
  const start = { calls: calls(), events: acknowledged, at: performance.now() }
  await messages.send(queue.url, bodies)
  await drained()
  const took = performance.now() - start.at
  const made = calls() - start.calls
  const events = acknowledged - start.events
  await worker.stop()
  await Promise.all([database.close(), messages.close()])
  return { events, calls: made, tookMs: took }
}

/** Calls of the table while a rolling deployment is read from a queue. */
export const benchFlush = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const tasks = effort.pick(TASKS, 100)
  const cases = [1, 10].map((services) => ({
    services,
    deployment: record(services, tasks),
    rounds: [] as Flushed[],
  }))
  for (let round = 0; round < effort.rounds(ROUNDS); round++)
    for (const { deployment, rounds } of cases) rounds.push(await flush(deployment))
  heading(`A rolling deployment of ${tasks.toLocaleString('en')} tasks, from SQS to DynamoDB`)
  const callsOf = (rounds: readonly Flushed[]): readonly number[] =>
    rounds.map(({ calls, events }) => calls / events)
  const whole = (value: number): string => String(Math.round(value))
  table(
    cases.map(({ services, rounds }) => {
      const calls = callsOf(rounds)
      const missed = spreadOf(calls).median <= AIM ? '' : ', MISSED'
      return [
        `${services} service${services === 1 ? '' : 's'}`,
        `${rounds[0]?.events ?? 0} events in ${spread(
          rounds.map(({ tookMs }) => tookMs),
          whole,
        )} ms, ${spread(
          rounds.map(({ calls }) => calls),
          whole,
        )} table calls: ${spread(calls, (value) => value.toFixed(4))} an event (aim: at most ${AIM}${missed})`,
      ]
    }),
  )
  return [
    measured('callsOneService', callsOf(cases[0]?.rounds ?? [])),
    measured('callsTenServices', callsOf(cases[1]?.rounds ?? [])),
  ]
}
