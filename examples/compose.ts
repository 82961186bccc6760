import { run, servicePorts } from 'ecs-task-stream'
import { ecsSnapshots } from 'ecs-task-stream/sources/ecs-snapshots'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { stdout } from 'ecs-task-stream/sinks/stdout'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'

const clusters = ['staging']
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/ecs-events'

const worker = run({
  sources: [sqs({ queueUrl }), ecsSnapshots({ clusters }), instanceAddresses(), taskDefinitions()],
  sinks: [traefikTable({ table: 'traefik' }), stdout()],
  expose: servicePorts(),
  clusters,
})

process.once('SIGTERM', () => void worker.stop())
