import { type ClusterEvent, run, servicePorts, type Worker } from 'ecs-task-stream'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import { memory, type MemorySource } from 'ecs-task-stream/sources/memory'
import { type Effort, fullEffort } from '../effort.js'
import { quantile, spread } from '../spread.js'
import { against, heading, table } from '../stopwatch.js'
import { changed, clusterArn, task } from '../synthetic.js'
import { journalTable, type Servers } from './servers.js'

const SERVERS = 10
const CHANGES = 300
const ROUNDS = 5

interface Follower {
  readonly source: MemorySource
  readonly worker: Worker
}

const follower = async (servers: Servers, name: string, hasJournal: boolean): Promise<Follower> => {
  await servers.targets.createTable(name)
  const source = memory({ covers: [clusterArn] })
  const worker = run({
    sources: [source],
    sinks: [traefikTable({ table: name, client: servers.targets.client() })],
    expose: servicePorts(),
    // Every change here is a first one: no minimum write interval applies.
    minWriteIntervalMs: 0,
    ...(hasJournal
      ? { journal: dynamoDbJournal({ table: journalTable, name, client: servers.journals.client() }) }
      : {}),
  })
  await source.push({ _tag: 'TasksListed', cluster: clusterArn, at: 0, tasks: [] })
  await worker.ready
  for (let i = 0; i < SERVERS; i++) await source.push(changed(task(i, 0, 1)))
  return { source, worker }
}

/** One task stops, the next one starts: every event changes the table. */
const change = (n: number): ClusterEvent =>
  changed(task(n % SERVERS, 0, 2 + n, n % (2 * SERVERS) < SERVERS ? 'STOPPED' : 'RUNNING'))

/** From the delivery of a change until the table holds it and it is acknowledged, one after the other. */
export const benchJournalLatency = async (servers: Servers, effort: Effort = fullEffort): Promise<void> => {
  const changes = effort.pick(CHANGES, 20)
  const contenders = [
    { name: 'no journal', ...(await follower(servers, 'latency-without', false)) },
    { name: 'with a journal', ...(await follower(servers, 'latency-with', true)) },
  ]
  const rounds = new Map(contenders.map(({ name }): [string, (readonly number[])[]] => [name, []]))
  for (let round = 0; round <= effort.rounds(ROUNDS); round++) {
    const times = new Map(contenders.map(({ name }): [string, number[]] => [name, []]))
    for (let i = 0; i < changes; i++)
      for (const { name, source } of contenders) {
        const start = performance.now()
        await source.push(change(round * changes + i))
        times.get(name)?.push(performance.now() - start)
      }
    // The first round warms up.
    if (round > 0) for (const [name, all] of times) rounds.get(name)?.push(all)
  }
  await Promise.all(contenders.map(({ worker }) => worker.stop()))
  heading('One change, from its delivery until the table holds it and it is acknowledged')
  const ms = (value: number): string => `${value.toFixed(2)} ms`
  const at = (name: string, q: number): readonly number[] =>
    (rounds.get(name) ?? []).map((times) => quantile(times, q))
  const [without = ''] = rounds.keys()
  table([
    ['', 'p50: median of the rounds (least – greatest)   p99'],
    ...[...rounds.keys()].map((name): readonly [string, string] => [
      name,
      `${spread(at(name, 0.5), ms).padEnd(34)}${spread(at(name, 0.99), ms).padEnd(36)}p50 ${against(at(name, 0.5), at(without, 0.5))}`,
    ]),
  ])
}
