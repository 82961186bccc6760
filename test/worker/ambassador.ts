/** A worker task-proxy with all around it: a cluster, its API, a queue, and a real TCP server for each task. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import type { EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { simulatedCluster, type SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import type { SimulatedTask } from '../../sim/ecs/simulated-task.js'
import { type TaskServer, taskServer } from '../sinks/tcp-proxy-task.js'
import { commandProcess } from './command-process.js'

/** Every address of the simulation as one of the loopback interface, so that real servers can have it. */
const onLoopback = (words: string): string =>
  words.replaceAll(/\b(?:10|172|203)\.(\d{1,3}\.\d{1,3}\.\d{1,3})\b/g, '127.$1')

/** The API with addresses of the loopback interface. */
const loopbackApi = async (clusters: readonly SimulatedCluster[]) => {
  const api = await awsApi(clusters)
  const forward = async (
    request: IncomingMessage,
  ): Promise<{ status: number; type: string; body: string }> => {
    const { method = '', url = '', headers } = request
    const answer = await fetch(`${api.url}${url}`, {
      method,
      headers: {
        'content-type': headers['content-type'] ?? '',
        ...(typeof headers['x-amz-target'] === 'string' && { 'x-amz-target': headers['x-amz-target'] }),
      },
      body: await text(request),
    })
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      body: onLoopback(await answer.text()),
    }
  }
  const server = createServer((request, response) => {
    void forward(request).then(({ status, type, body }) =>
      response.writeHead(status, { 'content-type': type }).end(body),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await api.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls: api.calls }
}

export interface AmbassadorOptions {
  readonly services: readonly ServiceSpec[]
  readonly queues?: EmbeddedSqs
}

let accounts = 0

export const ambassador = async ({ services, queues }: AmbassadorOptions) => {
  const cluster = simulatedCluster({
    seed: 5,
    name: 'staging',
    // All calls in an account are rationed together.
    account: String(200_000_000_000 + ++accounts),
    clock: () => Date.now(),
    services,
    instances: { ec2: 2, external: 1 },
  })
  const happened: string[] = []
  cluster.events$.subscribe((event) => happened.push(onLoopback(JSON.stringify(event))))
  cluster.start()
  cluster.settle()
  happened.splice(0)
  const api = await loopbackApi([cluster])
  const queueUrl = queues === undefined ? undefined : (await queues.createQueue(`tasks-${accounts}`)).url

  const endpointOf = ({ endpoint = '' }: SimulatedTask): string => onLoopback(endpoint)
  /** By endpoint: the server of the task that is there. */
  const servers = new Map<string, TaskServer>()
  /** Has every live task answer with its id, and end when it has. */
  const serveAll = async (): Promise<void> => {
    for (const task of cluster.tasks()) {
      if (task.endpoint === undefined) continue
      const endpoint = endpointOf(task)
      if (servers.has(endpoint)) continue
      const [host = '', port] = endpoint.split(':')
      servers.set(
        endpoint,
        await taskServer(
          (socket) => {
            socket.resume().on('end', () => socket.end(task.id))
          },
          { host, port: Number(port) },
        ),
      )
    }
  }
  onTestFinished(async () => {
    await Promise.all([...servers.values()].map((server) => server.kill()))
  })

  return {
    cluster,
    servers,
    serveAll,
    endpointOf,
    /** The process of the task that is there dies. */
    kill: async (endpoint: string): Promise<void> => {
      const server = servers.get(endpoint)
      servers.delete(endpoint)
      await server?.kill()
    },
    /** What has happened since this was last asked, as bodies of messages. */
    events: (): string[] => happened.splice(0),
    tell: async (bodies: readonly string[]) => {
      if (queues !== undefined && queueUrl !== undefined) await queues.send(queueUrl, [...bodies])
    },
    /** Starts the worker. */
    start: (argv: readonly string[], more: Readonly<Record<string, string>> = {}) => {
      const worker = commandProcess(['task-proxy', ...argv], {
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_ENDPOINT_URL_ECS: api.url,
        AWS_ENDPOINT_URL_EC2: api.url,
        AWS_ENDPOINT_URL_SSM: api.url,
        ...(queues === undefined ? {} : { AWS_ENDPOINT_URL_SQS: queues.url }),
        ...(queueUrl === undefined ? {} : { QUEUE_URL: queueUrl }),
        AWS_REGION: 'us-east-1',
        LISTEN_HOST: '127.0.0.1',
        PORT: '127.0.0.1:0',
        ...more,
      })
      onTestFinished(async () => {
        worker.signal('SIGKILL')
        await worker.ended
      })
      return worker
    },
    /** How often an operation has been called. */
    calls: (operation: string): number => api.calls.get(operation) ?? 0,
    /** The ids of the live tasks of a service. */
    live: (service: string): readonly string[] =>
      cluster
        .tasks()
        .filter((task) => task.service.name === service && task.endpoint !== undefined)
        .map(({ id }) => id)
        .sort(),
  }
}
