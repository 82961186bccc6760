import { afterAll, afterEach, beforeAll } from 'vitest'
import { awsApi, type AwsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import { type CommandProcess, commandProcess } from './command-process.js'

/** A cluster `staging` with its API and a queue, and commands that see them and nothing else of AWS. */
export interface Account {
  readonly cluster: SimulatedCluster
  readonly api: AwsApi
  readonly queueUrl: string
  /** Starts the command; it is killed after the test. */
  readonly command: (argv: readonly string[], more?: Readonly<Record<string, string>>) => CommandProcess
  /** Sends the events of what `act` does, newest first, as a queue may deliver them. */
  readonly tell: (act: (cluster: SimulatedCluster) => void) => Promise<void>
}

/** Accounts for the tests of a file. Their clusters have two EC2 machines and one of ECS Anywhere. */
export const accounts = (): ((services: readonly ServiceSpec[]) => Promise<Account>) => {
  let queues: EmbeddedSqs
  let n = 0
  const apis: AwsApi[] = []
  const running: CommandProcess[] = []
  beforeAll(async () => {
    queues = await embeddedSqs()
  })
  afterEach(async () => {
    for (const each of running) each.signal('SIGKILL')
    await Promise.all(running.splice(0).map(({ ended }) => ended))
    await Promise.all(apis.splice(0).map((api) => api.close()))
  })
  afterAll(() => queues.close())

  return async (services) => {
    const cluster = new SimulatedCluster({
      seed: 7,
      name: 'staging',
      clock: () => Date.now(),
      services,
      instances: { ec2: 2, external: 1 },
    })
    cluster.start()
    cluster.settle()
    const api = await awsApi([cluster])
    apis.push(api)
    const { url: queueUrl } = await queues.createQueue(`events-${++n}`, { visibilitySeconds: 5 })
    const env = {
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL_SQS: queues.url,
      AWS_ENDPOINT_URL_ECS: api.url,
      AWS_ENDPOINT_URL_EC2: api.url,
      AWS_ENDPOINT_URL_SSM: api.url,
      // Where the embedded queue is; the clusters' ARNs tell theirs.
      AWS_REGION: 'us-east-1',
      CLUSTER: 'staging',
    }
    return {
      cluster,
      api,
      queueUrl,
      command: (argv, more = {}) => {
        const process = commandProcess(argv, { ...env, ...more })
        running.push(process)
        return process
      },
      tell: async (act) => {
        const bodies: string[] = []
        const subscription = cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
        act(cluster)
        cluster.settle()
        subscription.unsubscribe()
        await queues.send(queueUrl, bodies.toReversed())
      },
    }
  }
}
