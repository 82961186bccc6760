import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { type Effort, fullEffort } from '../effort.js'
import { against, heading, table } from '../stopwatch.js'
import type { DrainAnswer, DrainRequest } from './drain-process.js'
import { type Peer, peer } from '../peer.js'
import { callsOf, type Servers } from './servers.js'
import { spread } from '../spread.js'

const EVENTS = 3_000
const SERVICES = 10
const TASKS = 400
const ROUNDS = 5

interface Load {
  readonly cluster: string
  readonly bodies: readonly string[]
}

const load = (events: number): Load => {
  const cluster = simulatedCluster({
    seed: 5,
    services: Array.from({ length: SERVICES }, (_, i) => ({
      name: `service-${i}`,
      placement: 'fargate',
      desiredCount: TASKS / SERVICES,
    })),
  })
  const bodies: string[] = []
  cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
  cluster.start()
  while (bodies.length < events) cluster.step()
  return {
    cluster: cluster.arn,
    bodies: bodies.slice(0, events),
  }
}

interface Contender {
  readonly name: string
  readonly workers: number
  readonly hasJournal: boolean
}

const contenders: readonly Contender[] = [
  { name: '1 worker, no journal', workers: 1, hasJournal: false },
  { name: '1 worker', workers: 1, hasJournal: true },
  { name: '2 workers', workers: 2, hasJournal: true },
  { name: '4 workers', workers: 4, hasJournal: true },
]

interface Drained {
  readonly perSecond: number
  readonly journalCalls: number
  readonly targetCalls: number
  /** Milliseconds of CPU time an event: all workers together, and the servers. */
  readonly workersCpu: number
  readonly serversCpu: number
}

const isEmpty = async (servers: Servers, queueUrl: string): Promise<void> => {
  for (;;) {
    const { visible, inFlight } = await servers.sqs.counts(queueUrl)
    if (visible + inFlight === 0) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const drained = async (
  { cluster, bodies }: Load,
  { hasJournal }: Contender,
  name: string,
  servers: Servers,
  workers: readonly Peer<DrainRequest, DrainAnswer>[],
): Promise<Drained> => {
  const queue = await servers.sqs.createQueue(name, { redrive: { maxReceiveCount: 9 } })
  await servers.targets.createTable(name)
  await servers.sqs.send(queue.url, bodies)
  const all = async (request: DrainRequest): Promise<number> => {
    const answers = await Promise.all(workers.map((worker) => worker.ask(request)))
    return answers.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
  }
  const { urls } = servers
  const journal = hasJournal ? name : undefined
  await all({ _tag: 'Begin', urls, queueUrl: queue.url, table: name, journal, cluster })
  await servers.takeCounts()
  const start = performance.now()
  await all({ _tag: 'Go' })
  await isEmpty(servers, queue.url)
  const took = performance.now() - start
  const counts = await servers.takeCounts()
  return {
    perSecond: (bodies.length * 1_000) / took,
    journalCalls: callsOf(counts.journals) / bodies.length,
    targetCalls: callsOf(counts.targets) / bodies.length,
    workersCpu: (await all({ _tag: 'Stop' })) / bodies.length,
    serversCpu: counts.cpuMs / bodies.length,
  }
}

/** A queue that workers drain together, each in a process of its own, and the calls that it costs. */
export const benchDrainTogether = async (servers: Servers, effort: Effort = fullEffort): Promise<void> => {
  const events = load(effort.pick(EVENTS, 200))
  const workers = Array.from({ length: Math.max(...contenders.map(({ workers: count }) => count)) }, () =>
    peer<DrainRequest, DrainAnswer>(new URL('drain-process.ts', import.meta.url)),
  )
  const results = new Map(contenders.map(({ name }): [string, Drained[]] => [name, []]))
  for (let round = 0; round <= effort.rounds(ROUNDS); round++)
    for (const [i, contender] of contenders.entries()) {
      const its = workers.slice(0, contender.workers)
      const result = await drained(events, contender, `drain-${round}-${i}`, servers, its)
      // The first round warms up.
      if (round > 0) results.get(contender.name)?.push(result)
    }
  await Promise.all(workers.map((worker) => worker.close()))

  heading(
    `A queue of ${events.bodies.length.toLocaleString('en')} task events of ${SERVICES} services, drained with a journal; workers and servers are processes on the same cores`,
  )
  const speeds = (name: string): readonly number[] =>
    (results.get(name) ?? []).map(({ perSecond }) => perSecond)
  const base = speeds(contenders[0]?.name ?? '')
  const digits = (value: number): string => value.toFixed(3)
  table([
    ['', 'events a second: median (least – greatest)   against no journal'],
    ...[...results.keys()].map((name): readonly [string, string] => [
      name,
      `${spread(speeds(name), (value) => String(Math.round(value))).padEnd(45)}${against(speeds(name), base)}`,
    ]),
    ['', ''],
    ['', 'calls an event: journal               target                CPU time an event: workers, servers'],
    ...[...results].map(([name, rounds]): readonly [string, string] => {
      const of = (pick: (one: Drained) => number): string => spread(rounds.map(pick), digits)
      return [
        name,
        `${of((one) => one.journalCalls).padEnd(37)} ${of((one) => one.targetCalls).padEnd(22)}${of((one) => one.workersCpu)} ms, ${of((one) => one.serversCpu)} ms`,
      ]
    }),
  ])
}
