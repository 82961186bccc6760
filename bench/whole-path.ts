import { run, servicePorts } from 'ecs-task-stream'
import { decodeMessage } from 'ecs-task-stream/sources/ecs-event'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { simulatedCluster } from '../sim/simulated-cluster.js'
import type { TaskDefinition } from 'ecs-task-stream'
import { each, heading, race, ratio, table } from './stopwatch.js'

const SERVICES = 20
const TASKS = 50
const BATCH = 10

interface Recording {
  /** Message bodies as EventBridge sends them, in order. */
  readonly bodies: readonly string[]
  readonly definitions: readonly TaskDefinition[]
  readonly cluster: string
}

/** Twenty Fargate services of fifty tasks each, started and then deployed anew. */
export const record = (): Recording => {
  const names = Array.from({ length: SERVICES }, (_, i) => `service-${i}`)
  const cluster = simulatedCluster({
    seed: 1,
    services: names.map((name) => ({ name, placement: 'fargate', desiredCount: TASKS, sidecar: true })),
  })
  const bodies: string[] = []
  cluster.events$.subscribe((event) => {
    if (event['detail-type'] === 'ECS Task State Change') bodies.push(JSON.stringify(event))
  })
  cluster.start()
  cluster.settle()
  for (const name of names) cluster.deploy(name)
  cluster.settle()
  return {
    cluster: cluster.arn,
    bodies,
    definitions: cluster.definitions().map(({ arn, family }) => ({
      arn,
      networkMode: 'awsvpc',
      containers: [
        {
          name: family,
          ports: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' as const, count: 1 }],
        },
        {
          name: 'statsd',
          ports: [{ containerPort: 8125, hostPort: 8125, protocol: 'udp' as const, count: 1 }],
        },
      ].map((container) => ({ ...container, labels: {}, environment: {} })),
    })),
  }
}

/** As a queue hands it over: ten messages a delivery, a turn of the event loop between deliveries. */
const inBatches = async (
  bodies: readonly string[],
  take: (batch: readonly string[]) => void,
): Promise<void> => {
  for (let at = 0; at < bodies.length; at += BATCH) {
    take(bodies.slice(at, at + BATCH))
    await new Promise(setImmediate)
  }
}

/** The whole path from a message's body to an applied plan, against only parsing the same bodies. */
export const benchWholePath = async (): Promise<void> => {
  const { bodies, definitions, cluster } = record()
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0)
  let sink = 0

  const whole = async (): Promise<void> => {
    const source = memorySource()
    const worker = run({ sources: [source], sinks: [memorySink()], expose: servicePorts() })
    await worker.ready
    // Begun before anything happened: it rules nothing out, and makes knowledge complete, as it is with snapshots.
    void source.push({ _tag: 'TasksListed', cluster, at: 0, tasks: [] })
    void source.push(
      ...definitions.map((definition) => ({ _tag: 'DefinitionDescribed', definition }) as const),
    )
    let last: Promise<'acked' | 'nacked'> = Promise.resolve('acked')
    await inBatches(bodies, (batch) => {
      last = source.push(
        ...batch.flatMap((body) => {
          const decoded = decodeMessage(body)
          return decoded._tag === 'Event' ? [decoded.event] : []
        }),
      )
    })
    // A stop does not wait for the rest after a write, and only ends when all is applied.
    await worker.stop()
    if ((await last) !== 'acked') throw new Error('the last delivery was not acknowledged')
  }
  const parse = (): Promise<void> =>
    inBatches(bodies, (batch) => {
      for (const body of batch) sink += Object.keys(JSON.parse(body) as object).length
    })
  const decode = (): Promise<void> =>
    inBatches(bodies, (batch) => {
      for (const body of batch) sink += decodeMessage(body)._tag.length
    })

  const timings = await race([
    { name: 'JSON.parse alone', run: parse },
    { name: 'parse and decode', run: decode },
    { name: 'body → decode → fold → project → plan → apply → ack', run: whole },
  ])
  const base = timings[0]!.ms
  heading(
    `The whole path: ${bodies.length} events of ${Math.round(bytes / bodies.length)} bytes, ${SERVICES} services of ${TASKS} tasks`,
  )
  table(
    timings.map(({ name, ms }, i) => [
      name,
      `${each(ms, bodies.length)} an event   ${ratio(ms / base, i === 2 ? 1.3 : undefined)}`,
    ]),
  )
  if (sink === 0) throw new Error('nothing was parsed')
}
