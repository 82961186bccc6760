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
import { virtualClock } from '../test/support/virtual-clock.js'
import { type Effort, fullEffort } from './effort.js'
import { eventsOf } from './events-of.js'
import { type Finding, measured } from './finding.js'
import { simulated } from './simulated.js'
import { snsEnvelope } from './sns-envelope.js'
import { ratios } from './spread.js'
import { against, each, heading, race, table } from './stopwatch.js'

const SERVICES = 20
const TASKS = 50
const BATCH = 10
const ROUNDS = 7

interface Recording {
  /** Message bodies as EventBridge sends them, in order. */
  readonly bodies: readonly string[]
  readonly definitions: readonly TaskDefinition[]
  readonly cluster: string
}

/** Twenty Fargate services of so many tasks each, started and then deployed again. */
export const record = (tasks = TASKS): Recording => {
  const names = Array.from({ length: SERVICES }, (_, i) => `service-${i}`)
  const cluster = simulatedCluster({
    seed: 1,
    services: names.map((name) => ({ name, placement: 'fargate', desiredCount: tasks, sidecar: true })),
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
  pause: () => Promise<void> = () => new Promise(setImmediate),
): Promise<void> => {
  for (let at = 0; at < bodies.length; at += BATCH) {
    take(bodies.slice(at, at + BATCH))
    await pause()
  }
}

/** What the whole path is made of, over one recording. */
class Path {
  /** Begun before anything happened: it rules nothing out, and makes the state complete, as snapshots do. */
  readonly #snapshot: ClusterEvent
  readonly #byArn: ReadonlyMap<string, TaskDefinition>
  /**
   * The worker of the run before, kept: V8 drops the code that it has compiled for a worker when a collection finds none
   * left.
   */
  former: unknown

  constructor(
    private readonly recording: Recording,
    private readonly servers: number,
  ) {
    this.#snapshot = { _tag: 'TasksListed', cluster: recording.cluster, at: 0, tasks: [] }
    this.#byArn = new Map(recording.definitions.map((definition) => [definition.arn, definition]))
  }

  /** Without a worker: planned again for every ten events. */
  async pure(bodies: readonly string[]): Promise<void> {
    const target = memorySink()
    const projection = projector({ expose: servicePorts(), covers: [this.recording.cluster] })
    const answers = this.#lookup()
    let state = reduce(emptyState, this.#snapshot)
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
    this.#check(rows)
  }

  /**
   * In `run`, with its defaults, at so many events a second of simulated time: how often it writes does not depend on
   * the speed of the machine.
   */
  async whole(bodies: readonly string[], perSecond: number): Promise<void> {
    const clock = virtualClock(Date.UTC(2026, 0, 1))
    const source = memorySource()
    const target = memorySink()
    const worker = run(
      { sources: [source], sinks: [target], expose: servicePorts() },
      { clock, random: () => 0.5 },
    )
    await simulated(clock, worker.ready)
    void source.push(this.#snapshot)
    let last: Promise<'acked' | 'nacked'> = Promise.resolve('acked')
    const answers = this.#lookup()
    await inBatches(
      bodies,
      (batch) => {
        const events = eventsOf(batch)
        last = source.push(...events)
        const found = answers(events)
        if (found.length > 0) last = source.push(...found)
      },
      () => clock.advance((BATCH * 1_000) / perSecond),
    )
    // A stop does not wait for the rest after a write, and only ends when all is applied.
    await simulated(clock, worker.stop())
    if ((await last) !== 'acked') throw new Error('the last delivery was not acknowledged')
    this.#check(target.target.rows)
    this.former = { worker, source, target }
  }

  /** Like the lookup: describes a definition once, when the first task refers to it. */
  #lookup(): (events: readonly ClusterEvent[]) => readonly ClusterEvent[] {
    const described = new Set<string>()
    return (events) =>
      events.flatMap((event) => {
        const arn = event._tag === 'TaskChanged' ? event.task.definition : undefined
        const definition = arn === undefined || described.has(arn) ? undefined : this.#byArn.get(arn)
        if (definition === undefined) return []
        described.add(definition.arn)
        return [{ _tag: 'DefinitionDescribed', definition }]
      })
  }

  #check(rows: ReadonlyMap<string, { readonly value: readonly string[] }>): void {
    const servers = [...rows.values()].reduce((sum, { value }) => sum + value.length, 0)
    if (servers !== this.servers) throw new Error(`${servers} servers, and not ${this.servers}`)
  }
}

/** The whole path from a message's body to an applied plan, against only parsing the same bodies. */
export const benchWholePath = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const tasks = effort.pick(TASKS, 5)
  const recording = record(tasks)
  const path = new Path(recording, SERVICES * tasks)
  const { bodies } = recording
  const wrapped = bodies.map(snsEnvelope)
  const length = (all: readonly string[]): number =>
    Math.round(all.reduce((sum, body) => sum + body.length, 0) / all.length)
  let sink = 0
  const parse = (text: string): void => {
    sink += Object.keys(JSON.parse(text) as object).length
  }
  const parseBoth = (text: string): void => parse((JSON.parse(text) as { readonly Message: string }).Message)
  const decode = (batch: readonly string[]): void => {
    for (const body of batch) sink += decodeMessage(body)._tag.length
  }
  const plain = [
    { name: 'JSON.parse alone', run: () => inBatches(bodies, (batch) => batch.forEach(parse)) },
    { name: 'parse and decode', run: () => inBatches(bodies, decode) },
    {
      name: 'body → decode → reduce → project → plan, planned again for every ten',
      run: () => path.pure(bodies),
    },
    {
      name: 'the whole path in run, with its defaults, at 10,000 events a second',
      run: () => path.whole(bodies, 10_000),
    },
    { name: 'the same, at 1,000 events a second', run: () => path.whole(bodies, 1_000) },
  ]
  const inEnvelopes = [
    { name: 'both parses alone', run: () => inBatches(wrapped, (batch) => batch.forEach(parseBoth)) },
    { name: 'parse and decode', run: () => inBatches(wrapped, decode) },
    {
      name: 'the whole path in run, with its defaults, at 10,000 events a second',
      run: () => path.whole(wrapped, 10_000),
    },
  ]
  // A worker compiles its code once in its life, and each run is a new worker: what it compiles anew is not counted.
  const contenders = [...plain, ...inEnvelopes].map((contender) => ({ ...contender, prepare: contender.run }))
  const timings = await race(contenders, effort.rounds(ROUNDS))
  const cpuOf = (index: number): readonly number[] => timings[index]?.cpu ?? []
  const print = (first: number, count: number): void =>
    table(
      timings
        .slice(first, first + count)
        .map(({ name, cpu }) => [
          name,
          `${each(cpu, bodies.length).padEnd(32)} an event   ${against(cpu, cpuOf(first))}`,
        ]),
    )
  heading(
    `The whole path: ${bodies.length} events of ${length(bodies)} bytes, ${SERVICES} services of ${tasks} tasks; processor time`,
  )
  print(0, plain.length)
  heading(`The same, wrapped by SNS: ${length(wrapped)} bytes`)
  print(plain.length, inEnvelopes.length)
  if (sink === 0) throw new Error('nothing was parsed')
  return [
    measured('path10k', ratios(cpuOf(3), cpuOf(0))),
    measured('path1k', ratios(cpuOf(4), cpuOf(0))),
    measured('pathWrapped', ratios(cpuOf(7), cpuOf(5))),
  ]
}
