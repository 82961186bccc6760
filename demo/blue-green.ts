import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { paginateScan } from '@aws-sdk/client-dynamodb'
import { run } from 'ecs-task-stream'
import { systemClock } from '../src/shared/async/system-clock.js'
import { simulatedCluster, type SimulatedCluster } from '../sim/ecs/simulated-cluster.js'
import { type Account, isolate, openAccount, tableName } from './account.js'
import { pad } from './columns.js'
import { demoWorker } from './demo-worker.js'
import type { Display } from './display.js'
import type { DemoOptions } from './options.js'

const service = 'checkout'

/** The number of tasks of each revision: a consumer of all running tasks would give the canary half. */
const tasks = 4

/** How long each stage is shown. */
const showMs = 1_500

/** How long each stage lasts if nothing is shown: long enough for a wrong worker to write. */
const settleMs = 500

/** How long the table may take to follow a stage: the worker asks every three seconds. */
const patienceMs = 15_000

/** Bake times last minutes; the demo skips them. */
const skipMs = 60_000

const lookMs = 20

/** The percentage of requests for the new revision, by the weights in the table, or of test requests. */
interface Published {
  readonly production: number
  readonly test: number | undefined
}

type Item = Readonly<Record<string, AttributeValue>>

const weightsOf = (item: Item | undefined): readonly (readonly [string, number])[] =>
  Object.values(item?.['backend']?.M?.['servers']?.M ?? {}).map((server) => [
    server.M?.['url']?.S?.replace(/^http:\/\//, '') ?? '',
    // Traefik takes 0 as 1.
    Number(server.M?.['weight']?.N ?? 0) || 1,
  ])

const shareOf = (item: Item | undefined, green: ReadonlySet<string>): number | undefined => {
  const weights = weightsOf(item)
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0)
  const own = weights.reduce((sum, [server, weight]) => sum + (green.has(server) ? weight : 0), 0)
  return total === 0 ? undefined : (own / total) * 100
}

const percent = (share: number | undefined): string => (share === undefined ? '–' : `${share.toFixed(1)} %`)

/** What ECS wants, what the table says, and what a consumer of all running tasks would do. */
class Watch {
  /** The greatest share of the new revision that the table had in stages that allow it none. */
  leaked = 0
  readonly #green = new Set<string>()
  #items = new Map<string, Item>()

  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly account: Account,
  ) {}

  get #current() {
    const [found] = this.cluster.services()
    if (found === undefined) throw new Error('the simulated cluster has no service')
    return found.current
  }

  get stage(): string {
    return this.#current.stage ?? this.#current.status
  }

  get wanted(): number {
    const { weights, target, isInProgress } = this.#current
    return isInProgress ? (weights.find(({ revision }) => revision === target)?.production ?? 0) : 100
  }

  get published(): Published {
    return {
      production: shareOf(this.#items.get(service), this.#green) ?? 0,
      test: shareOf(this.#items.get(`${service}-test`), this.#green),
    }
  }

  /** The share of the new revision among all running tasks. */
  get naive(): number {
    const running = this.cluster.truth().get(service) ?? []
    return running.length === 0
      ? 0
      : (running.filter((server) => this.#green.has(server)).length / running.length) * 100
  }

  /** Reads the table as Traefik does. */
  async look(): Promise<void> {
    const { target } = this.#current
    for (const task of this.cluster.tasks())
      if (task.startedBy === target.startedBy && task.endpoint !== undefined) this.#green.add(task.endpoint)
    const wanted = this.wanted
    const items = new Map<string, Item>()
    for await (const { Items = [] } of paginateScan(
      { client: this.account.reader },
      { TableName: tableName, ConsistentRead: true },
    ))
      for (const item of Items) items.set(item['name']?.S ?? '', item)
    this.#items = items
    if (wanted === 0 && this.wanted === 0) this.leaked = Math.max(this.leaked, this.published.production)
  }

  get agrees(): boolean {
    return Math.abs(this.published.production - this.wanted) < 0.5
  }
}

const columns = [
  ['', 9],
  ['stage', 31],
  ['ECS wants', 11],
  ['table has', 11],
  ['all running', 13],
  ['test requests', 13],
] as const

const row = (cells: readonly string[]): string =>
  cells.map((cell, i) => pad(cell, columns[i]?.[1] ?? 0, i === 0 || i === 1 ? 'left' : 'right')).join('')

/** Lets the deployment do the next thing. False once it has ended. */
const proceed = (cluster: SimulatedCluster, skip: () => void): boolean => {
  const [found] = cluster.services()
  const before = found?.current.stage
  while (found?.current.isInProgress === true && found.current.stage === before)
    if (!cluster.advance(service)) {
      if (cluster.tasks().some(({ isMoving }) => isMoving)) cluster.settleTasks()
      else skip()
    }
  cluster.settleTasks()
  return found?.current.isInProgress === true
}

const introduction = ({ bold, dim }: ReturnType<Display['surface']>['colors']): readonly string[] => [
  '',
  ` ${bold('ecs-task-stream')}  a canary deployment of a service without a load balancer of AWS`,
  dim(
    ` The service ${service} runs ${tasks} tasks, and deploys ${tasks} new ones: 10 % of the requests first, then all.`,
  ),
  dim(
    ' ECS says how to divide the requests, and leaves the division to others. The worker writes weights for Traefik.',
  ),
  dim(' The percentages are those of the new revision. Everything runs in this process.'),
  '',
]

/** Runs the scene. Resolves to the exit code: 0 if the table had the shares that ECS wants. */
export const blueGreen = async (
  { seed, quiet, sabotage }: DemoOptions,
  display: Display,
  stop: AbortSignal,
): Promise<0 | 1> => {
  let skipped = 0
  const cluster = simulatedCluster({
    seed,
    name: 'demo',
    region: 'us-east-1',
    services: [
      {
        name: service,
        placement: 'fargate',
        desiredCount: tasks,
        strategy: 'CANARY',
        stepPercent: 10,
        stepBakeMinutes: 5,
      },
    ],
    clock: () => Date.now() + skipped,
  })
  cluster.start()
  cluster.settle()
  isolate()
  const account = await openAccount(cluster)
  Object.assign(process.env, account.environment)
  const { colors } = display.surface()
  if (!quiet) display.print([...introduction(colors), colors.dim(row(columns.map(([name]) => ` ${name}`)))])

  const worker = run(await demoWorker(cluster.name, account, sabotage ? { DEPLOYMENTS: 'ignore' } : {}))
  const subscription = cluster.events$.subscribe((event) => void account.send([JSON.stringify(event)]))
  const watch = new Watch(cluster, account)
  const began = performance.now()
  const until = async (ms: number, isDone: () => boolean): Promise<void> => {
    const end = performance.now() + ms
    do {
      await watch.look()
      await systemClock.sleep(lookMs, stop)
    } while (!stop.aborted && performance.now() < end && !isDone())
  }

  await worker.ready
  cluster.deploy(service)
  let agreed = true
  // The first wrong share ends the run.
  for (let goesOn = true; goesOn && watch.leaked === 0 && !stop.aborted;) {
    goesOn = proceed(cluster, () => (skipped += skipMs))
    await until(patienceMs, () => watch.agrees || watch.leaked > 0)
    agreed &&= watch.agrees
    if (!quiet) {
      const { production, test } = watch.published
      const at = `${((performance.now() - began) / 1_000).toFixed(1)} s`
      const cells = [` ${at}`, watch.stage, percent(watch.wanted), percent(production), percent(watch.naive)]
      display.print([row([...cells, percent(test)])])
    }
    await until(quiet ? settleMs : showMs, () => watch.leaked > 0)
  }
  subscription.unsubscribe()
  await worker.stop()
  await account.close()
  const isRight = agreed && watch.leaked === 0
  display.print([
    ...(quiet ? [] : ['']),
    stop.aborted
      ? 'stopped before the deployment ended'
      : isRight
        ? `${colors.green('in step')}: the new revision got no request before its stage, and its share after it`
        : `${colors.red('out of step')}: the new revision had up to ${percent(watch.leaked)} before its stage`,
  ])
  return isRight ? 0 : 1
}
