import { run, servicePorts } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { Consumer } from 'sqs-consumer'
import { embeddedSqs, type EmbeddedSqs } from '../sim/sqs/embedded-sqs.js'
import { simulatedCluster } from '../sim/ecs/simulated-cluster.js'
import { type Effort, fullEffort } from './effort.js'
import { spread } from './spread.js'
import { against, heading, table } from './stopwatch.js'

const MESSAGES = 2_000
const ROUNDS = 5

const bodies = (count: number): readonly string[] => {
  const cluster = simulatedCluster({
    seed: 5,
    services: [{ name: 'web', placement: 'fargate', desiredCount: 400 }],
  })
  const all: string[] = []
  cluster.events$.subscribe((event) => all.push(JSON.stringify(event)))
  cluster.start()
  while (all.length < count) cluster.step()
  return all.slice(0, count)
}

const empty = async (server: EmbeddedSqs, queueUrl: string): Promise<void> => {
  for (;;) {
    const { visible, inFlight } = await server.counts(queueUrl)
    if (visible + inFlight === 0) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/**
 * From the first receive to the last deletion: each parses its messages, and deletes them once they are
 * handled.
 */
const contenders: Readonly<Record<string, (server: EmbeddedSqs, queueUrl: string) => Promise<void>>> = {
  'sqs-consumer 14, batch handler': async (server, queueUrl) => {
    const consumer = Consumer.create({
      queueUrl,
      sqs: server.client(),
      batchSize: 10,
      waitTimeSeconds: 1,
      handleMessageBatch: (messages) => {
        for (const { Body } of messages) JSON.parse(Body ?? '')
        return Promise.resolve(messages)
      },
    })
    consumer.start()
    await empty(server, queueUrl)
    consumer.stop({ abort: true })
  },
  'ours, one poll': (server, queueUrl) => ours(server, queueUrl, 1),
  'ours, four polls (the default)': (server, queueUrl) => ours(server, queueUrl, 4),
}

const ours = async (server: EmbeddedSqs, queueUrl: string, polls: number): Promise<void> => {
  const worker = run({
    sources: [sqs({ queueUrl, client: server.client({ maxAttempts: 1 }), waitSeconds: 1, polls })],
    sinks: [memorySink()],
    expose: servicePorts(),
  })
  await empty(server, queueUrl)
  await worker.stop()
}

/** A queue of task events, drained: ours decodes, folds, plans and applies on the way. */
export const benchDrain = async (effort: Effort = fullEffort): Promise<void> => {
  const messages = bodies(effort.pick(MESSAGES, 200))
  const times = new Map(Object.keys(contenders).map((name): [string, number[]] => [name, []]))
  for (let round = 0; round <= effort.rounds(ROUNDS); round++)
    for (const [name, drain] of Object.entries(contenders)) {
      const server = await embeddedSqs()
      const queue = await server.createQueue('events', { redrive: { maxReceiveCount: 9 } })
      await server.send(queue.url, messages)
      const start = performance.now()
      await drain(server, queue.url)
      // The first round warms up.
      if (round > 0) times.get(name)?.push(performance.now() - start)
      await server.close()
    }
  heading(`A queue of ${messages.length.toLocaleString('en')} task events, drained and deleted`)
  const speeds = [...times].map(([name, rounds]) => ({
    name,
    perSecond: rounds.map((ms) => (messages.length * 1_000) / ms),
  }))
  const base = speeds[0]?.perSecond ?? []
  table(
    speeds.map(({ name, perSecond }) => [
      name,
      `${spread(perSecond, (value) => Math.round(value).toLocaleString('en')).padEnd(24)} messages a second   ${against(perSecond, base)}`,
    ]),
  )
}
