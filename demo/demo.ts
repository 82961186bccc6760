import { filter, map, type Observable } from 'rxjs'
import { leaseMs } from '../src/core/journal-follower.js'
import { type Account, isolate, openAccount, tableName } from './account.js'
import { ClusterLife, faults, tickMs } from './cluster-life.js'
import { Crew, type CrewNews, type CrewView } from './crew.js'
import { demoWorker, resyncSeconds, visibilitySeconds } from './demo-worker.js'
import type { Display } from './display.js'
import { forkWorker } from './forked-worker.js'
import { shownWorker } from './inspector-server.js'
import type { DemoOptions } from './options.js'
import { outcome, succeeded } from './outcome.js'
import { DemoStage } from './stage.js'
import { Trial } from './trial.js'
import { workerNews } from './worker-news.js'
import { formatMs } from './wording.js'

/** Two snapshots including jitter, and the time to take them. */
const patienceMs = 2.2 * resyncSeconds * 1_000 + 1_000

const percent = (share: number): string => `${Math.round(share * 100)} %`

const introduction = (
  { urls, queueUrl }: Account,
  { seed, workers }: DemoOptions,
  { colors: { bold, dim } }: ReturnType<Display['surface']>,
): readonly string[] => [
  '',
  ` ${bold('ecs-task-stream')}  ECS task events ▸ SQS ▸ fold ▸ DynamoDB, for Traefik`,
  ...(workers === undefined
    ? [dim(` Everything runs in this process, and nothing reaches AWS. Seed ${seed}.`)]
    : [
        dim(` Everything runs on this machine, and nothing reaches AWS. Seed ${seed}.`),
        dim(` ${workers} workers, each a process of its own, receive from one queue and share a journal.`),
        dim(' Now and then one is killed, with SIGKILL, and replaced.'),
        dim(` The queue delivers its messages again after ${visibilitySeconds} s (30 s by default).`),
      ]),
  dim(
    ` Events arrive up to ${faults.delay} ms late; ${percent(faults.duplicate)} arrive twice and ${percent(faults.lose)} are lost.`,
  ),
  dim(` A snapshot every ${resyncSeconds} s (300 s by default) repairs what they leave wrong.`),
  '',
  `   ECS, EC2, SSM  ${urls.ecs}`,
  `   SQS            ${queueUrl}`,
  `   DynamoDB       ${urls.dynamoDb}`,
  '',
  dim(' To look at the table yourself (any credentials work):'),
  dim(`   aws --region us-east-1 --endpoint-url ${urls.dynamoDb} dynamodb scan --table-name ${tableName}`),
  '',
]

/** What follows the cluster: the one worker in this process, or several that are killed and replaced. */
interface Followers {
  readonly news$: Observable<CrewNews>
  readonly view?: () => CrewView
  readonly patienceMs: number
  /** Where the inspector is, if there is one. */
  readonly inspector?: string
  /** Called with each tick of the cluster. */
  tick(): void
  /** Called when the cluster has stopped. */
  complete(): void
  /** Ends them before the cluster does, so that the table is wrong. */
  sabotage(): Promise<void>
  stop(): Promise<void>
}

const oneWorker = async (cluster: string, account: Account, stage: DemoStage): Promise<Followers> => {
  const shown = await shownWorker(await demoWorker(cluster, account), stage)
  const { worker, url } = shown
  return {
    inspector: url,
    news$: worker.reports$.pipe(
      map(workerNews),
      filter((news) => news !== undefined),
    ),
    patienceMs,
    tick: () => undefined,
    complete: () => undefined,
    sabotage: () => worker.stop(),
    stop: async () => {
      await worker.stop()
      await shown.close()
    },
  }
}

const severalWorkers = (
  cluster: string,
  account: Account,
  { seed, size, program }: { readonly seed: number; readonly size: number; readonly program: string },
): Followers => {
  const crew = new Crew({ size, seed, start: () => forkWorker(program, cluster, account.queueUrl) })
  return {
    news$: crew.news$,
    view: () => crew.view,
    // A worker that is killed while it takes a snapshot keeps its lease for so long.
    patienceMs: patienceMs + leaseMs,
    tick: () => crew.tick(),
    complete: () => crew.complete(),
    sabotage: () => {
      crew.end()
      return Promise.resolve()
    },
    stop: () => crew.stop(),
  }
}

/**
 * Runs the whole demo. Resolves to the exit code: 0 if cluster and table agree at the end. `workerProgram` is the path
 * of `worker-process`.
 */
export const demo = async (
  options: DemoOptions,
  display: Display,
  stop: AbortSignal,
  workerProgram: string,
): Promise<0 | 1> => {
  const { seed, services, workers, forMs, quiet, sabotage } = options
  const life = new ClusterLife({ seed, services })
  isolate()
  const account = await openAccount(life.cluster)
  Object.assign(process.env, account.environment)
  if (workers !== undefined) await account.createJournal()
  if (!quiet) display.print(introduction(account, options, display.surface()))

  const { name } = life.cluster
  const stage = new DemoStage(life, seed)
  const followers =
    workers === undefined
      ? await oneWorker(name, account, stage)
      : severalWorkers(name, account, { seed, size: workers, program: workerProgram })
  const { news$, view, inspector } = followers
  if (!quiet && inspector !== undefined)
    display.print([
      ` See it, disturb it, and ask why, until the demo ends: ${inspector}`,
      ...(forMs === undefined ? [] : [' With `npm start -- --endless`, it ends by Ctrl-C.']),
      '',
    ])
  const trial = new Trial(life, account, news$, {
    seed,
    total: forMs,
    patienceMs: followers.patienceMs,
    ...(view === undefined ? {} : { crew: view }),
  })
  stage.table = () => trial.table
  const took = await trial.begin(stop)
  const joined = workers === undefined ? 'The worker joined' : 'The workers joined'
  if (!quiet)
    display.print([
      took === undefined
        ? ` ${joined} a running cluster. The table is not correct yet.`
        : ` ${joined} a running cluster. The table was correct after ${formatMs(took)}.`,
      '',
    ])

  const showing = setInterval(() => display.show(trial.scene), display.everyMs)
  const ticks = forMs === undefined ? Infinity : Math.ceil(forMs / tickMs)
  let sabotaged: Promise<void> | undefined
  await trial.play(ticks, stop, (tick) => {
    if (sabotaged === undefined) followers.tick()
    if (sabotage && tick === Math.floor(ticks / 2)) sabotaged = followers.sabotage()
  })
  await sabotaged
  if (sabotaged === undefined) followers.complete()
  // A worker that was stopped repairs nothing, however long we wait.
  await trial.settle(sabotage ? 0 : undefined)
  clearInterval(showing)
  display.show(trial.scene)
  display.print([...(quiet ? [] : ['']), ...outcome(trial.scene, display.surface())])
  await followers.stop()
  await account.close()
  return succeeded(trial.scene) ? 0 : 1
}
