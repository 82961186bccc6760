/** The worker ecs-task-tracker with all around it: a cluster, a topic that signs, and a table. */
import { filter, firstValueFrom, map, ReplaySubject, Subject } from 'rxjs'
import type { Clock } from 'ecs-task-stream'
import { onTestFinished, vi } from 'vitest'
import { type AwsApi, awsApi } from '../../sim/aws-api/aws-api.js'
import type { EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { simulatedCluster, type SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import type { SnsHttp } from '../../sim/sns/sns-http.js'
import { command } from '../../src/worker/runner/command.js'
import { bound, type EcsDetail, ecsEvent } from '../support/ecs-event-builder.js'
import { type Item, TableOfBackends, urlsIn } from '../support/table-of-backends.js'

export type Variables = Readonly<Record<string, string>>

/** A running worker, from its command line to its port. */
export const tracking = async (env: Variables, clock?: Clock) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const stops$ = new Subject<string>()
  const lines$ = new ReplaySubject<Record<string, unknown>>()
  const err: string[] = []
  const ended = command(
    ['ecs-task-tracker'],
    {
      env,
      out: () => undefined,
      err: (text) => err.push(text),
      log: { write: (line) => lines$.next(JSON.parse(line) as Record<string, unknown>) },
      stops$,
      exit: () => undefined,
      ...(clock !== undefined && { clock }),
    },
    { version: '0.0.0' },
  ).then((code) => {
    lines$.error(new Error(`it has ended with ${code}: ${err.join('')}`))
    return { code, err: err.join('') }
  })
  const logged = (message: string | RegExp) =>
    firstValueFrom(
      lines$.pipe(
        filter(({ msg }) => typeof msg === 'string' && (msg === message || msg.search(message) >= 0)),
      ),
    )
  onTestFinished(async () => {
    stops$.next('SIGTERM')
    await ended
  })
  const url = await firstValueFrom(
    lines$.pipe(
      filter(({ msg }) => msg === 'started'),
      map(({ status }) => String(status)),
    ),
  )
  const get = async (path: string, headers: Variables = {}) => {
    const answer = await fetch(`${url}${path}`, { headers })
    return { status: answer.status, body: await answer.text() }
  }
  return { url, get, logged, endpoint: `${url}/event` }
}

export type Tracking = Awaited<ReturnType<typeof tracking>>

export interface AccountOptions {
  readonly services?: readonly ServiceSpec[]
  /** Items that are there before the worker starts. */
  readonly items?: (cluster: SimulatedCluster) => readonly Item[]
  /** The worker's. Default: the machine's. */
  readonly clock?: Clock
  /**
   * Default: one of its own, since all calls in an account are rationed together; and then the topic is told by name.
   */
  readonly account?: string
}

let tables = 0

/** The cluster `shop`, its API and a table of its own. */
export const account = async (
  dynamodb: EmbeddedDynamoDb,
  sns: SnsHttp,
  {
    services = [{ name: 'web', placement: 'bridge', desiredCount: 2 }],
    items,
    clock,
    account: id,
  }: AccountOptions = {},
) => {
  const name = `traefik-${++tables}`
  const cluster = simulatedCluster({
    seed: 11,
    name: 'shop',
    account: id ?? String(100_000_000_000 + tables),
    clock: () => Date.now(),
    services,
    instances: { ec2: 2, external: 1 },
  })
  cluster.start()
  cluster.settle()
  const api: AwsApi = await awsApi([cluster])
  onTestFinished(() => api.close())
  await dynamodb.createTable(name)
  const table = new TableOfBackends(dynamodb.client(), name)
  for (const item of items?.(cluster) ?? []) await table.put(item)

  const env: Variables = {
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_ECS: api.url,
    AWS_ENDPOINT_URL_EC2: api.url,
    AWS_ENDPOINT_URL_SSM: api.url,
    // The five that the tracker has.
    REGION: 'eu-west-1',
    PORT: '127.0.0.1:0',
    TRAEFIK_TABLE: name,
    CLUSTER: 'shop',
    DEBUG: 'on',
    ...(id === undefined && { TOPIC_ARNS: sns.topicArn }),
  }
  const [machine] = cluster.instances()
  return {
    cluster,
    api,
    table,
    env,
    /** Where the first machine is. */
    host: machine!.privateIp,
    start: (more: Variables = {}) => tracking({ ...env, ...more }, clock),
    /** The worker, once the table is true to the first snapshot. */
    ready: async (more: Variables = {}) => {
      const worker = await tracking({ ...env, ...more }, clock)
      await worker.logged('ready: every required sink has reached a complete state')
      await vi.waitFor(
        async () => {
          const { body } = await worker.get('/diff')
          if (body !== 'all services in sync') throw new Error(body)
        },
        { timeout: 60_000, interval: 20 },
      )
      return worker
    },
    /** What happens to the cluster meanwhile, as events. */
    events: (happen: () => void): readonly string[] => {
      const bodies: string[] = []
      const subscription = cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
      happen()
      cluster.settle()
      subscription.unsubscribe()
      return bodies
    },
    /** By service, where Traefik would go. */
    servers: async (): Promise<Readonly<Record<string, readonly string[]>>> =>
      Object.fromEntries(
        [...(await table.items()).values()]
          .filter((item) => item['backend'] !== undefined)
          .map((item) => [
            item['name']?.S ?? '',
            urlsIn(item).map((url) => (url ?? '').replace('http://', '')),
          ]),
      ),
    truth: (): Readonly<Record<string, readonly string[]>> =>
      Object.fromEntries([...cluster.truth()].map(([service, hosts]) => [service, [...hosts].sort()])),
    version: async (service: string) => (await table.get(`${service}__backend`))?.['version']?.N,
    /** An event of a task in bridge mode on the first machine, of which the API knows nothing. */
    task: (task: string, hostPort: number, changes: EcsDetail = {}): string =>
      JSON.stringify(
        ecsEvent({
          taskArn: cluster.arn.replace(/:cluster\/(.*)/, `:task/$1/${task.padStart(32, '0')}`),
          clusterArn: cluster.arn,
          containerInstanceArn: machine!.arn,
          launchType: 'EC2',
          attachments: [],
          updatedAt: new Date().toISOString(),
          containers: [{ name: 'web', lastStatus: 'RUNNING', networkBindings: [bound(80, hostPort)] }],
          ...changes,
        }),
      ),
    /** Posts an event as SNS does, once. */
    tell: (worker: Pick<Tracking, 'endpoint'>, event: string) =>
      sns.post(worker.endpoint, sns.notification(event)),
  }
}
