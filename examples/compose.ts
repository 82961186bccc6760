import { run, servicePorts } from 'ecs-task-stream'
import { ecs } from 'ecs-task-stream/sources/ecs'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { stdout } from 'ecs-task-stream/sinks/stdout'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'

const clusters = ['staging']
const queueUrl = 'https://sqs.eu-west-1.amazonaws.com/123456789012/ecs-events'

const worker = run({
  sources: [sqs({ queueUrl }), ecs({ clusters })],
  sinks: [traefikTable({ table: 'traefik' }), stdout()],
  expose: servicePorts(),
  clusters,
})

process.once('SIGTERM', () => void worker.stop())
