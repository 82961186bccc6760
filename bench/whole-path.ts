import {
  type ClusterEvent,
  type Desired,
  emptyState,
  plan,
  projector,
  reduce,
  type Row,
  run,
  servicePorts,
  type TaskDefinition,
} from 'ecs-task-stream'
import { decodeMessage } from 'ecs-task-stream/sources/ecs-event'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { simulatedCluster } from '../sim/ecs/simulated-cluster.js'
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

/** Twenty Fargate services of fifty tasks each, started and then deployed again. */
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
      ].map((container) => ({ ...container, image: undefined, labels: {}, environment: {} })),
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

  const eventsOf = (batch: readonly string[]): readonly ClusterEvent[] =>
    batch.flatMap((body) => {
      const decoded = decodeMessage(body)
      return decoded._tag === 'Event' ? [decoded.event] : []
    })
  // Begun before anything happened: it rules nothing out, and makes the state complete, as snapshots do.
  const snapshot: ClusterEvent = { _tag: 'TasksListed', cluster, at: 0, tasks: [] }
  const byArn = new Map(definitions.map((definition) => [definition.arn, definition]))
  /** Like the lookup: describes a definition once, when the first task refers to it. */
  const lookup = (): ((events: readonly ClusterEvent[]) => readonly ClusterEvent[]) => {
    const described = new Set<string>()
    return (events) =>
      events.flatMap((event) => {
        const arn = event._tag === 'TaskChanged' ? event.task.definition : undefined
        const definition = arn === undefined || described.has(arn) ? undefined : byArn.get(arn)
        if (definition === undefined) return []
        described.add(definition.arn)
        return [{ _tag: 'DefinitionDescribed', definition }]
      })
  }
  const check = (rows: ReadonlyMap<string, { readonly value: readonly string[] }>): void => {
    const servers = [...rows.values()].reduce((sum, { value }) => sum + value.length, 0)
    if (servers !== SERVICES * TASKS) throw new Error(`${servers} servers, and not ${SERVICES * TASKS}`)
  }

  const pure = async (): Promise<void> => {
    const target = memorySink()
    const projection = projector({ expose: servicePorts(), covers: [cluster] })
    const answers = lookup()
    let state = reduce(emptyState, snapshot)
    let planned: Desired['backends'] | undefined
    let rows = new Map<string, Row<readonly string[]>>()
    await inBatches(bodies, (batch) => {
      const events = eventsOf(batch)
      state = [...events, ...answers(events)].reduce(reduce, state)
      const { backends, complete } = projection(state, 0)
      if (backends === planned) return
      planned = backends
      const wanted = target.render(backends, new Map(Array.from(rows, ([key, { value }]) => [key, value])))
      const { changes } = plan(target, wanted, rows.values(), { owner: 'bench', complete })
      rows = new Map(rows)
      for (const change of changes)
        if (change._tag !== 'Delete')
          rows.set(change.key, { key: change.key, value: change.after, owner: 'bench', etag: undefined })
    })
    check(rows)
  }
  const whole = async (): Promise<void> => {
    const source = memorySource()
    const target = memorySink()
    const worker = run({ sources: [source], sinks: [target], expose: servicePorts() })
    await worker.ready
    void source.push(snapshot)
    let last: Promise<'acked' | 'nacked'> = Promise.resolve('acked')
    const answers = lookup()
    await inBatches(bodies, (batch) => {
      const events = eventsOf(batch)
      last = source.push(...events)
      const found = answers(events)
      if (found.length > 0) last = source.push(...found)
    })
    // A stop does not wait for the rest after a write, and only ends when all is applied.
    await worker.stop()
    if ((await last) !== 'acked') throw new Error('the last delivery was not acknowledged')
    check(target.target.rows)
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
    { name: 'body → decode → reduce → project → plan, planned again for every ten', run: pure },
    { name: 'body → … → plan → apply → acknowledge, in run, with its defaults', run: whole },
  ])
  const base = timings[0]!.ms
  heading(
    `The whole path: ${bodies.length} events of ${Math.round(bytes / bodies.length)} bytes, ${SERVICES} services of ${TASKS} tasks`,
  )
  table(
    timings.map(({ name, ms }, i) => [
      name,
      `${each(ms, bodies.length)} an event   ${ratio(ms / base, i === 3 ? 1.3 : undefined)}`,
    ]),
  )
  if (sink === 0) throw new Error('nothing was parsed')
}
