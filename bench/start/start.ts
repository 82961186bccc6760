import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { type Effort, fullEffort } from '../effort.js'
import { type Finding, measured } from '../finding.js'
import { medianOf, ratios, spread } from '../spread.js'
import { heading, table } from '../stopwatch.js'
import { lambdaBundle } from './lambda-bundle.js'
import { type Start, started } from './started.js'

/** After one that is not counted. */
const ROUNDS = 9

const command = resolve('dist/command/ecs-task-stream.js')

const importOf = (file: string): readonly string[] => [
  '--input-type=module',
  '--eval',
  `await import(${JSON.stringify(pathToFileURL(file).href)})`,
]

/** What each start takes of a processor, beside Node itself, all in turn. */
export const benchStart = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const cluster = simulatedCluster({
    seed: 1,
    name: 'staging',
    clock: () => Date.now(),
    services: [{ name: 'web', placement: 'fargate', desiredCount: 20 }],
  })
  cluster.start()
  cluster.settle()
  const directory = await mkdtemp(join(tmpdir(), 'ecs-task-stream-'))
  const [api, database, queues] = await Promise.all([awsApi([cluster]), embeddedDynamoDb(), embeddedSqs()])
  try {
    await database.createTable('traefik')
    const { url: queueUrl } = await queues.createQueue('events')
    const env = {
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL: api.url,
      AWS_ENDPOINT_URL_DYNAMODB: database.url,
      AWS_ENDPOINT_URL_SQS: queues.url,
      AWS_REGION: 'us-east-1',
      CLUSTER: 'staging',
      TRAEFIK_TABLE: 'traefik',
    }
    const worker = { ...env, QUEUE_URL: queueUrl, PORT: '127.0.0.1:0' }
    const starts: readonly (Start & { readonly name: string })[] = [
      { name: 'Node alone', args: ['--eval', '0'] },
      { name: 'ecs-task-stream --help', args: [command, '--help'] },
      { name: 'ecs-task-stream traefik-table --help', args: [command, 'traefik-table', '--help'] },
      { name: "import 'rxjs' alone", args: ['--input-type=module', '--eval', "await import('rxjs')"] },
      { name: "import 'ecs-task-stream'", args: importOf(resolve('dist/src/index.js')) },
      { name: 'the function, to its handler', args: importOf(await lambdaBundle(directory)), env },
      {
        name: 'traefik-table, until it is ready',
        args: [command, 'traefik-table'],
        env: worker,
        until: 'ready: ',
      },
    ]
    const times = new Map<string, number[]>()
    // The first round fills the caches of the file system, and is not counted.
    const rounds = effort.rounds(ROUNDS)
    for (let round = 0; round <= rounds; round++)
      for (const { name, ...start } of starts) {
        const ms = await started(start)
        if (round > 0) times.set(name, [...(times.get(name) ?? []), ms])
      }
    const of = (name: string): readonly number[] => times.get(name) ?? []
    const bare = of('Node alone')
    heading(`Starts: CPU time of the process in ${rounds} rounds, and beside Node alone`)
    table(
      starts.map(({ name }) => [
        name,
        `${spread(of(name), (ms) => `${ms.toFixed(0)} ms`)}   ${medianOf(ratios(of(name), bare)).toFixed(1)} ×`,
      ]),
    )
    const seconds = (name: string): readonly number[] => of(name).map((ms) => ms / 1_000)
    return [
      measured('startHelp', seconds('ecs-task-stream --help')),
      measured('startWorkerHelp', seconds('ecs-task-stream traefik-table --help')),
      measured('startImport', seconds("import 'ecs-task-stream'")),
      measured('startLambda', seconds('the function, to its handler')),
    ]
  } finally {
    await Promise.all([api.close(), database.close(), queues.close()])
    await rm(directory, { recursive: true, force: true })
  }
}
