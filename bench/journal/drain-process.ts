/** A process with one worker at a time, which drains a queue. */
import { type Policy, run, type Source, type Worker } from 'ecs-task-stream'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import { memory } from 'ecs-task-stream/sources/memory'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { defer, from, switchMap } from 'rxjs'
import { dynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { sqsQueues } from '../../sim/sqs/sqs-queues.js'
import { answerWith } from '../peer.js'
import type { ServerUrls } from './server-process.js'
import { journalTable } from './servers.js'

export interface Begin {
  readonly _tag: 'Begin'
  readonly urls: ServerUrls
  readonly queueUrl: string
  readonly table: string
  /** The journal's name; `undefined` for none. */
  readonly journal: string | undefined
  readonly cluster: string
}

export type DrainRequest = Begin | { readonly _tag: 'Go' } | { readonly _tag: 'Stop' }

/** How long the worker was on a processor since `Go`. */
export interface DrainAnswer {
  readonly cpuMs: number
}

/** One port of each task, without a question to anybody. */
const servicePort: Policy = {
  needs: 'none',
  expose: ({ group = '' }) => ({
    _tag: 'Ports',
    ports: [
      {
        backend: group.replace('service:', ''),
        container: 'main',
        containerPort: 8080,
        port: 8080,
        protocol: 'tcp',
      },
    ],
  }),
}

/** Subscribes to a source when `go` resolves. */
const gated = (source: Source, go: Promise<void>): Source => ({
  ...source,
  deliveries: (context) => defer(() => from(go)).pipe(switchMap(() => source.deliveries(context))),
})

let worker: Worker | undefined
let go: () => void = () => undefined
let close: () => Promise<void> = () => Promise.resolve()
let cpu = process.cpuUsage()

const begin = async ({ urls, queueUrl, table, journal, cluster }: Begin): Promise<void> => {
  const queues = sqsQueues(urls.sqs)
  const [journals, targets] = [dynamoDbTables(urls.journals), dynamoDbTables(urls.targets)]
  close = async () => {
    await Promise.all([queues.close(), journals.close(), targets.close()])
  }
  const started = new Promise<void>((resolve) => (go = resolve))
  const snapshot = memory({ covers: [cluster] })
  const queue = sqs({ queueUrl, client: queues.client({ maxAttempts: 1 }), waitSeconds: 1 })
  worker = run({
    sources: [snapshot, gated(queue, started)],
    sinks: [traefikTable({ table, client: targets.client() })],
    expose: servicePort,
    ...(journal === undefined
      ? {}
      : { journal: dynamoDbJournal({ table: journalTable, name: journal, client: journals.client() }) }),
  })
  await snapshot.push({ _tag: 'TasksListed', cluster, at: 0, tasks: [] })
  await worker.ready
}

answerWith(async (request: DrainRequest): Promise<DrainAnswer> => {
  switch (request._tag) {
    case 'Begin':
      await begin(request)
      return { cpuMs: 0 }
    case 'Go':
      cpu = process.cpuUsage()
      go()
      return { cpuMs: 0 }
    case 'Stop': {
      const { user, system } = process.cpuUsage(cpu)
      await worker?.stop()
      await close()
      return { cpuMs: (user + system) / 1_000 }
    }
  }
})
