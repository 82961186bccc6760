import { expect, it, onTestFinished } from 'vitest'
import { commandProcess, type CommandProcess } from '../worker/command-process.js'
import { type Account, account, table } from './account.js'

/** The ready-made worker as a process of its own, on the first queue. */
const spawned = ({ urls, queues, cluster }: Account): CommandProcess => {
  const child = commandProcess(['traefik-table'], {
    CLUSTER: cluster.arn,
    TRAEFIK_TABLE: table,
    QUEUE_URL: queues[0]!,
    RESYNC_SECONDS: '3600',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SQS: urls.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
    AWS_ENDPOINT_URL_ECS: urls.api,
    AWS_ENDPOINT_URL_EC2: urls.api,
    AWS_ENDPOINT_URL_SSM: urls.api,
  })
  onTestFinished(async () => {
    child.signal('SIGKILL')
    await child.ended
  })
  return child
}

it('a worker killed with SIGKILL in the middle of a deployment: its successor leaves exactly what is live', async () => {
  const here = await account({ seed: 11, pace: 1 })
  here.cluster.start()
  here.cluster.settle()
  await here.publish()
  const first = spawned(here)
  await here.agrees()

  here.cluster.deploy('web')
  here.cluster.deploy('api')
  let killed = false
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 12; i++) here.cluster.step()
    await here.publish()
    if (round === 6) {
      // In the middle: events are in its hands, in the queue and still to come.
      killed = first.signal('SIGKILL')
    }
  }
  here.cluster.settle()
  await here.publish()
  expect(killed).toBe(true)
  expect((await first.ended).code).toBeNull()

  spawned(here)
  await here.agrees()
})
