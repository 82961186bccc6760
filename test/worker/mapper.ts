/** The worker id-mapper with all around it: a cluster, its API, a queue, and callers. */
import { filter, firstValueFrom, map, ReplaySubject, Subject } from 'rxjs'
import { onTestFinished, vi } from 'vitest'
import idMapper from '../../examples/id-mapper.js'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import type { EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import type { SimulatedTask } from '../../sim/ecs/simulated-task.js'
import { start } from '../../src/worker/runner/start.js'
import type { Variables } from '../../src/worker/settings/raw-settings.js'
import { bound, type EcsDetail, ecsEvent } from '../support/ecs-event-builder.js'

export const soon = { timeout: 60_000, interval: 20 }

/** The worker as its command line starts it. */
export const run = (env: Variables) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const stops$ = new Subject<string>()
  const lines$ = new ReplaySubject<Record<string, unknown>>()
  const err: string[] = []
  const ended = start(idMapper, [], {
    env,
    out: () => undefined,
    err: (text) => err.push(text),
    log: { write: (line) => lines$.next(JSON.parse(line) as Record<string, unknown>) },
    stops$,
    exit: () => undefined,
  }).then((code) => {
    lines$.error(new Error(`it has ended with ${code}: ${err.join('')}`))
    return { code, err: err.join('') }
  })
  return { ended, lines$, stop: () => stops$.next('SIGTERM') }
}

const serving = async (env: Variables) => {
  const { ended, lines$, stop } = run(env)
  onTestFinished(async () => {
    stop()
    await ended
  })
  const url = await firstValueFrom(
    lines$.pipe(
      filter(({ msg }) => msg === 'started'),
      map(({ status }) => String(status)),
    ),
  )
  const fetched = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${url}${path}`, { redirect: 'manual', ...init })
    return { status: answer.status, body: await answer.text(), headers: answer.headers }
  }
  return {
    url,
    stop,
    ended,
    fetched,
    /** Status and body. */
    get: async (path: string, headers: Readonly<Record<string, string>> = {}) => {
      const { status, body } = await fetched(path, { headers })
      return { status, body }
    },
    /** A JSON answer of status 200. */
    json: async <A>(path: string): Promise<A> => {
      const { status, body } = await fetched(path)
      if (status !== 200) throw new Error(`${status}: ${body}`)
      return JSON.parse(body) as A
    },
    ready: () =>
      vi.waitFor(async () => {
        const { status, body } = await fetched('/ready')
        if (status !== 200) throw new Error(body)
      }, soon),
  }
}

export interface SettingOptions {
  readonly services?: readonly ServiceSpec[]
  readonly instances?: { readonly ec2?: number; readonly external?: number }
}

let settings = 0

/** The cluster `shop`, its API and a queue of its own. */
export const setting = async (
  queues: EmbeddedSqs,
  {
    services = [
      { name: 'web', placement: 'bridge', desiredCount: 2 },
      { name: 'api', placement: 'fargate', desiredCount: 2, sidecar: true },
      { name: 'edge', placement: 'external', desiredCount: 1 },
      { name: 'jobs', placement: 'awsvpc', desiredCount: 1 },
    ],
    instances = { ec2: 2, external: 1 },
  }: SettingOptions = {},
) => {
  const cluster = simulatedCluster({
    seed: 5,
    name: 'shop',
    // One of its own, since all calls in an account are rationed together.
    account: String(200_000_000_000 + ++settings),
    clock: () => Date.now(),
    services,
    instances,
  })
  cluster.start()
  cluster.settle()
  const api = await awsApi([cluster])
  onTestFinished(() => api.close())
  const { url: queueUrl } = await queues.createQueue(`mapper-${settings}`)
  const env: Variables = {
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_ECS: api.url,
    AWS_ENDPOINT_URL_EC2: api.url,
    AWS_ENDPOINT_URL_SSM: api.url,
    AWS_ENDPOINT_URL_SQS: queues.url,
    // Where the embedded queue is; the cluster's ARN tells its own.
    AWS_REGION: 'us-east-1',
    PORT: '127.0.0.1:0',
    CLUSTER: 'shop',
    QUEUE_URL: queueUrl,
  }
  const tasksOf = (service: string): readonly SimulatedTask[] =>
    cluster.tasks().filter((task) => task.service.name === service)
  const [machine] = cluster.instances()
  return {
    cluster,
    api,
    env,
    queueUrl,
    /** The tasks of a service that can be described. */
    tasksOf,
    /** One of them that runs. */
    taskOf: (service: string): SimulatedTask =>
      tasksOf(service).find(({ lastStatus }) => lastStatus === 'RUNNING')!,
    start: (more: Variables = {}) => serving({ ...env, ...more }),
    /** The worker, once it has read the cluster and looked everything up. */
    ready: async (more: Variables = {}) => {
      const worker = await serving({ ...env, ...more })
      await worker.ready()
      await vi.waitFor(async () => {
        const { items } = await worker.json<{ items: readonly Container[] }>('/v1/containers?limit=1000')
        const waiting = items.find(
          ({ image, instance, machine: is }) => image === null || (instance !== null && is === null),
        )
        if (waiting !== undefined) throw new Error(JSON.stringify(waiting))
      }, soon)
      return worker
    },
    /** What happens to the cluster meanwhile, as events in the queue. */
    happens: async (happen: () => void): Promise<void> => {
      const bodies: string[] = []
      const subscription = cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
      happen()
      cluster.settle()
      subscription.unsubscribe()
      await queues.send(queueUrl, bodies)
    },
    /** An event of a task in bridge mode on the first machine, of which the API knows nothing, in the queue. */
    tells: (id: string, changes: EcsDetail = {}): Promise<void> =>
      queues.send(queueUrl, [
        JSON.stringify(
          ecsEvent({
            taskArn: cluster.arn.replace(/:cluster\/(.*)/, `:task/$1/${id}`),
            clusterArn: cluster.arn,
            containerInstanceArn: machine!.arn,
            taskDefinitionArn: cluster.definitions()[0]!.arn,
            launchType: 'EC2',
            attachments: [],
            updatedAt: new Date().toISOString(),
            containers: [container('web', `${id}-docker`, [bound(80, 32_768)])],
            ...changes,
          }),
        ),
      ]),
  }
}

interface Container {
  readonly image: string | null
  readonly instance: string | null
  readonly machine: string | null
}

export const container = (
  name: string,
  runtimeId: string,
  networkBindings: readonly Readonly<Record<string, unknown>>[] = [],
) => ({ name, lastStatus: 'RUNNING', runtimeId, networkBindings })
