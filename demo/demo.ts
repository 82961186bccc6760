import { type Account, isolate, openAccount, tableName } from './account.js'
import { ClusterLife, faults, tickMs } from './cluster-life.js'
import { demoWorker, resyncSeconds } from './demo-worker.js'
import type { Display } from './display.js'
import type { DemoOptions } from './options.js'
import { agreed, outcome } from './outcome.js'
import { Trial } from './trial.js'
import { formatMs } from './wording.js'

const percent = (share: number): string => `${Math.round(share * 100)} %`

const introduction = (
  { urls, queueUrl }: Account,
  { seed }: DemoOptions,
  { colors: { bold, dim } }: ReturnType<Display['surface']>,
): readonly string[] => [
  '',
  ` ${bold('ecs-task-stream')}  ECS task events ▸ SQS ▸ fold ▸ DynamoDB, for Traefik`,
  dim(` Everything runs in this process, and nothing reaches AWS. Seed ${seed}.`),
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

/** Runs the whole demo. Resolves to the exit code: 0 if cluster and table agree at the end. */
export const demo = async (options: DemoOptions, display: Display, stop: AbortSignal): Promise<0 | 1> => {
  const { seed, services, forMs, quiet, sabotage } = options
  const life = new ClusterLife({ seed, services })
  isolate()
  const account = await openAccount(life.cluster)
  Object.assign(process.env, account.environment)
  if (!quiet) display.print(introduction(account, options, display.surface()))

  const worker = demoWorker(life.cluster.name, account)
  const trial = new Trial(life, account, worker, { seed, total: forMs })
  const took = await trial.begin(stop)
  if (!quiet)
    display.print([
      took === undefined
        ? ' The worker joined a running cluster. The table is not correct yet.'
        : ` The worker joined a running cluster. The table was correct after ${formatMs(took)}.`,
      '',
    ])

  const showing = setInterval(() => display.show(trial.scene), display.everyMs)
  let stopped: Promise<void> | undefined
  await trial.play(forMs === undefined ? Infinity : Math.ceil(forMs / tickMs), stop, () => {
    if (sabotage) stopped = worker.stop()
  })
  await stopped
  // A worker that was stopped repairs nothing, however long we wait.
  await trial.settle(sabotage ? 0 : undefined)
  clearInterval(showing)
  display.show(trial.scene)
  display.print([...(quiet ? [] : ['']), ...outcome(trial.scene, display.surface())])
  await worker.stop()
  await account.close()
  return agreed(trial.scene) ? 0 : 1
}
