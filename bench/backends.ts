import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type ClusterEvent, run, servicePorts, type Sink, type Worker } from 'ecs-task-stream'
import { heldRows, swapHeld } from 'ecs-task-stream/sinks/kit'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import { memory as memorySource, type MemorySource } from 'ecs-task-stream/sources/memory'
import { type VirtualClock, virtualClock } from '../test/support/virtual-clock.js'
import type { AimName } from './aims.js'
import { type Effort, fullEffort } from './effort.js'
import { type Finding, measured } from './finding.js'
import { simulated } from './simulated.js'
import { ratios } from './spread.js'
import { against, each, heading, race, table } from './stopwatch.js'
import { changed, clusterArn, task } from './synthetic.js'

const SIZES = [10, 1_000, 10_000]
/** So that none is ever empty. */
const TASKS_A_BACKEND = 3
const CHANGES = 100
const ROUNDS = 7

/** The sink with its target in memory: all that it does but its calls. */
const inMemory = <V>(sink: Sink<V>): Sink<V> => {
  const held = heldRows<V>()
  return {
    ...sink,
    read: () => Promise.resolve([...held.rows.values()]),
    apply: (changes, owner) => Promise.resolve(changes.map((change) => swapHeld(held, change, owner))),
  }
}

/** A worker with so many backends, of which one changes at a time. */
class Fleet {
  private constructor(
    private readonly clock: VirtualClock,
    private readonly source: MemorySource,
    private readonly worker: Worker,
    private readonly backends: number,
  ) {}

  #told = 0

  static async of<V>(backends: number, sink: Sink<V>): Promise<Fleet> {
    const clock = virtualClock(Date.UTC(2026, 0, 1))
    const source = memorySource({ covers: [clusterArn] })
    const worker = run(
      { sources: [source], sinks: [sink], expose: servicePorts(), minWriteIntervalMs: 0, resyncMs: 1e9 },
      { clock, random: () => 0.5 },
    )
    const tasks = Array.from({ length: backends * TASKS_A_BACKEND }, (_, index) =>
      task(index, Math.floor(index / TASKS_A_BACKEND), 1),
    )
    await simulated(clock, source.push({ _tag: 'TasksListed', cluster: clusterArn, at: 0, tasks }))
    await simulated(clock, worker.ready)
    return new Fleet(clock, source, worker, backends)
  }

  /** The next changes, one after the other: each is applied before the next one comes. */
  async change(count: number): Promise<void> {
    for (let i = 0; i < count; i++)
      if ((await simulated(this.clock, this.source.push(this.#next()))) !== 'acked')
        throw new Error('a change was not acknowledged')
  }

  stop(): Promise<void> {
    return simulated(this.clock, this.worker.stop())
  }

  /** The first task of a backend stops or runs again. */
  #next(): ClusterEvent {
    const [turn, runs] = [Math.floor(this.#told / 2), this.#told % 2 === 1]
    const backend = (turn * 7_919) % this.backends
    const version = 2 + this.#told++
    return changed(task(backend * TASKS_A_BACKEND, backend, version, runs ? 'RUNNING' : 'STOPPED'))
  }
}

interface Target {
  readonly name: string
  readonly aim: AimName
  readonly fleet: (backends: number) => Promise<Fleet>
}

const targets: readonly Target[] = [
  { name: 'a sink in memory', aim: 'flushMemory', fleet: (backends) => Fleet.of(backends, memorySink()) },
  {
    name: 'the items of traefik-table, in memory',
    aim: 'flushTable',
    fleet: (backends) =>
      Fleet.of(
        backends,
        // Its client is never called.
        inMemory(traefikTable({ table: 'traefik', client: new DynamoDBClient({ region: 'eu-west-1' }) })),
      ),
  },
]

/** What one change costs, from its delivery until it is acknowledged, must not grow with the number of backends. */
export const benchBackends = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const changes = effort.pick(CHANGES, 10)
  const findings: Finding[] = []
  for (const { name, aim, fleet } of targets) {
    const fleets: Fleet[] = []
    for (const backends of effort.pick(SIZES, [10, 100, 1_000])) fleets.push(await fleet(backends))
    const timings = await race(
      fleets.map((one, i) => ({
        name: `${(effort.pick(SIZES, [10, 100, 1_000])[i] ?? 0).toLocaleString('en')} backends`,
        run: () => one.change(changes),
      })),
      effort.rounds(ROUNDS),
    )
    await Promise.all(fleets.map((one) => one.stop()))
    heading(`One change, from its delivery until it is acknowledged, to ${name}; processor time`)
    const [least = [], , most = []] = timings.map(({ cpu }) => cpu)
    table(
      timings.map((timing, i) => [
        timing.name,
        `${each(timing.cpu, changes).padEnd(40)} ${against(timing.cpu, least, i === 2 ? 1.5 : undefined)}`,
      ]),
    )
    findings.push(measured(aim, ratios(most, least)))
  }
  return findings
}
