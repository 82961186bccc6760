import { setTimeout } from 'node:timers/promises'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient } from '@aws-sdk/client-ecs'
import { SSMClient } from '@aws-sdk/client-ssm'
import { type ClusterEvent, type ClusterState, type Millis, run, servicePorts } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { decodeEvent } from 'ecs-task-stream/sources/ecs-event'
import { ecsSnapshots } from 'ecs-task-stream/sources/ecs-snapshots'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { awsApi } from '../sim/aws-api/aws-api.js'
import { type SimulatedCluster, simulatedCluster } from '../sim/ecs/simulated-cluster.js'
import type { ServiceSpec } from '../sim/ecs/service-spec.js'
import { tokenBucket } from '../src/shared/aws/token-bucket.js'
import { standing } from '../src/sources/ecs-api/snapshots/missed-news.js'
import { virtualClock } from '../test/support/virtual-clock.js'
import { heading, table } from './stopwatch.js'
import { refreshMs, traefikPolling } from './traefik-polling.js'

const HOUR = 3_600_000
const HOURS = 4
/** The account of https://github.com/traefik/traefik/issues/13884. */
const SERVICES = 536
const TASKS = 559
/** Tasks replaced in an hour: 5 %. */
const CHURN = Math.round(TASKS * 0.05)

const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }

const services: readonly ServiceSpec[] = Array.from({ length: SERVICES }, (_, i) => ({
  name: `service-${i}`,
  placement: i % 3 === 0 ? 'fargate' : i % 20 === 1 ? 'external' : 'bridge',
  desiredCount: i < TASKS - SERVICES ? 2 : 1,
}))

const tells =
  (status: string) =>
  (event: ClusterEvent): boolean =>
    event._tag === 'TaskChanged' && event.task.lastStatus === status && event.task.desiredStatus === 'RUNNING'

/** Whether the state has the tasks that run, and no others. */
const isTrue = ({ tasks, marks }: ClusterState, cluster: SimulatedCluster): boolean => {
  const mark = marks.get(cluster.arn)
  const running = new Set(
    cluster
      .tasks()
      .filter(({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING')
      .map(({ arn }) => arn),
  )
  const live = [...tasks.values()].filter((task) => standing(task, mark) === 'live')
  return live.length === running.size && live.every(({ arn }) => running.has(arn))
}

/**
 * What it costs the account's API limits to follow an ordinary cluster: the calls of simulated hours, counted at
 * a server that speaks the protocols of ECS, EC2 and SSM. Both contenders see the same cluster through the real SDK.
 */
export const benchApiCalls = async (): Promise<void> => {
  const clock = virtualClock(Date.UTC(2026, 0, 1))
  const cluster = simulatedCluster({
    seed: 13_884,
    name: 'production',
    services,
    instances: { ec2: 40, external: 4 },
    clock: () => clock.now(),
  })
  cluster.start()
  cluster.settle()
  const servers = { ours: await awsApi([cluster]), traefik: await awsApi([cluster]) }
  const clients = (endpoint: string) => {
    const settings = { endpoint, credentials, region: cluster.place.region }
    return { ecs: new ECSClient(settings), ec2: new EC2Client(settings), ssm: new SSMClient(settings) }
  }

  const events = memorySource()
  let isLost: (event: ClusterEvent) => boolean = () => false
  cluster.events$.subscribe((event) => {
    const decoded = decodeEvent(event)
    if (decoded._tag === 'Event' && !isLost(decoded.event)) void events.push(decoded.event)
  })
  // Rate-limited as by default, in simulated time.
  const bucket = tokenBucket({ burst: 10, perSecond: 4, clock })
  const asking = { clients: () => clients(servers.ours.url), bucket: () => bucket, clock }
  const worker = run(
    {
      sources: [
        events,
        ecsSnapshots({ ...asking, clusters: [cluster.arn] }),
        instanceAddresses(asking),
        // As a policy that reads labels has it: of every task.
        taskDefinitions({ ...asking, for: 'all' }),
      ],
      sinks: [memorySink()],
      expose: servicePorts(),
      clusters: [cluster.arn],
    },
    { clock },
  )
  const refresh = traefikPolling(cluster.arn, clients(servers.traefik.url))

  const count = (calls: ReadonlyMap<string, number>): number => [...calls.values()].reduce((a, b) => a + b, 0)
  const hours: { readonly ours: number; readonly traefik: number }[] = []
  let before = { ours: 0, traefik: 0 }
  for (let hour = 0; hour < HOURS; hour++) {
    const until = clock.now() + HOUR
    let replaced = 0
    while (clock.now() < until) {
      await refresh(clock.now())
      const due = Math.floor((CHURN * (HOUR - (until - clock.now()))) / HOUR)
      for (; replaced < due; replaced++) cluster.crash()
      cluster.settle()
      await clock.advance(refreshMs)
    }
    const now = { ours: count(servers.ours.calls), traefik: count(servers.traefik.calls) }
    hours.push({ ours: now.ours - before.ours, traefik: now.traefik - before.traefik })
    before = now
  }

  let state: ClusterState | undefined
  worker.state$.subscribe((next) => (state = next))
  const quietly = async (ms: Millis): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      await clock.advance(1_000)
      await setTimeout(3)
    }
  }
  /** What the worker offers is the truth again after so long. */
  const staleness = async (lost: (event: ClusterEvent) => boolean): Promise<string> => {
    isLost = lost
    cluster.crash()
    cluster.settle()
    isLost = () => false
    const since = clock.now()
    while (state === undefined || !isTrue(state, cluster)) {
      if (clock.now() > since + HOUR) return 'over an hour'
      await clock.advance(1_000)
      // For the answers, which take real time.
      await setTimeout(3)
    }
    return `${(clock.now() - since) / 1000} s`
  }
  const afterStop = await staleness(
    (event) => event._tag === 'TaskChanged' && event.task.desiredStatus === 'STOPPED',
  )
  await quietly(HOUR / 2)
  const afterStart = await staleness(tells('RUNNING'))
  await worker.stop()
  await Promise.all([servers.ours.close(), servers.traefik.close()])

  heading(
    `Calls of ECS, EC2 and SSM an hour: ${SERVICES} services, ${TASKS} tasks, ${CHURN} of them replaced`,
  )
  table(
    hours.map(({ ours, traefik }, i) => [
      `hour ${i + 1}${i === 0 ? ', from a cold start' : ''}`,
      `Traefik's provider, one replica: ${traefik}   ours: ${ours}   ${(traefik / ours).toFixed(0)} : 1`,
    ]),
  )
  table([
    ['stale after the last event of a start was lost', afterStart],
    ['stale after all events of a stop were lost', afterStop],
  ])
  table([...servers.ours.calls].map(([operation, calls]) => [`ours, total: ${operation}`, `${calls}`]))
  table([...servers.traefik.calls].map(([operation, calls]) => [`Traefik, total: ${operation}`, `${calls}`]))
}
