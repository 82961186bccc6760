/**
 * A simulated AWS account for workers in processes or containers of their own: the cluster `demo`, whose tasks change all
 * the time, its queue, and two tables. Nothing reaches AWS. See docs/deploying.md and examples/compose.
 *
 * HOST and PORT say where it listens: 127.0.0.1 and 4566 by default. SEED and SERVICES say what the cluster is like.
 */
import { isolate, journalTableName, openAccount, tableName } from './account.js'
import { ClusterLife, tickMs } from './cluster-life.js'
import { oneEndpoint } from './one-endpoint.js'

/** Beyond so many messages that nobody has taken, the cluster rests. */
const most = 10_000

const wholeNumber = (name: string, otherwise: number): number => {
  const text = process.env[name] ?? String(otherwise)
  if (/^\d{1,9}$/.test(text)) return Number(text)
  process.stderr.write(`${name}: expected a whole number, got ${JSON.stringify(text)}\n`)
  process.exit(64)
}

const host = process.env['HOST'] ?? '127.0.0.1'
const port = wholeNumber('PORT', 4566)
const life = new ClusterLife({ seed: wholeNumber('SEED', 1), services: wholeNumber('SERVICES', 8) })

isolate()
const account = await openAccount(life.cluster)
await account.createJournal()
const endpoint = await oneEndpoint(account.urls, { host, port })
const url = `http://${host}:${endpoint.port}`

process.stdout.write(
  [
    `An AWS account that is simulated: ECS, EC2, Systems Manager, SQS and DynamoDB at ${url}`,
    `  AWS_ENDPOINT_URL=${url} AWS_REGION=${life.cluster.place.region} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any`,
    `  CLUSTER=${life.cluster.name}`,
    `  QUEUE_URL=${url}${new URL(account.queueUrl).pathname}`,
    `  TRAEFIK_TABLE=${tableName}`,
    `  JOURNAL=dynamodb:${journalTableName}`,
    '',
  ].join('\n'),
)

/** Batches are sent in order: each waits for the one before. */
let sending: Promise<void> = Promise.resolve()
let isBusy = false

const tick = async (): Promise<void> => {
  const { arrived } = (await account.unacknowledged()) < most ? life.tick() : life.deliver()
  if (arrived.length > 0) await account.send(arrived.map(({ body }) => body))
}

const ticking = setInterval(() => {
  if (isBusy) return
  isBusy = true
  sending = tick().finally(() => (isBusy = false))
}, tickMs)

const stop = async (): Promise<void> => {
  clearInterval(ticking)
  await sending
  await endpoint.close()
  await account.close()
}

process.once('SIGINT', () => void stop()).once('SIGTERM', () => void stop())
