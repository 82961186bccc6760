/**
 * A simulated AWS, for the tests of programs that use this package: `ecs-task-stream/sim`. Servers on 127.0.0.1 speak
 * the wire protocols of AWS, so that the program under test uses the real SDK clients and its real code.
 *
 * Each embedded server loads its packages when it is started. Those that are optional peer dependencies (dynalite,
 * fauxqs, kinesalite, dns-packet, fast-xml-parser) must be installed for it; the error says which.
 */
import { awsApi as apiOf, type ApiOptions, type AwsApi } from './aws-api/aws-api.js'
import type { EmbeddedDynamoDb } from './dynamodb/embedded-dynamodb.js'
import type { ClusterSimulation } from './ecs/cluster-simulation.js'
import type { SimulatedClusterOptions } from './ecs/cluster-options.js'
import { SimulatedCluster } from './ecs/simulated-cluster.js'
import type { EmbeddedEventBridge } from './event-bridge/embedded-event-bridge.js'
import type { EmbeddedKinesis } from './kinesis/embedded-kinesis.js'
import { loadPart } from './optional-package.js'
import type { EmbeddedRoute53, EmbeddedRoute53Options } from './route53/embedded-route53.js'
import type { EmbeddedSqs, EmbeddedSqsOptions } from './sqs/embedded-sqs.js'

export { taskEvent, taskEvents } from './tasks/task-event.js'
export { describedTask, describedTasks } from './tasks/described-task.js'
export type { SidecarOptions, TaskMomentOptions, TaskOptions } from './tasks/task-options.js'
export type { EventBridgeEvent } from '../src/testing/ecs-model/event-bridge-event.js'
export type { Json } from '../src/testing/ecs-model/json.js'
export type { TaskStatus } from '../src/testing/ecs-model/task-stages.js'
export type { HealthStatus } from '../src/testing/ecs-model/task-facts.js'

/**
 * A cluster with machines and services, as a model in memory. It has no tasks before `start`. Everything is determined by
 * the seed and the calls.
 */
export const simulatedCluster = (options: SimulatedClusterOptions): ClusterSimulation =>
  new SimulatedCluster(options)

export type { ClusterSimulation, ClusterStatus, TaskOfCluster } from './ecs/cluster-simulation.js'
export type { SimulatedClusterOptions } from './ecs/cluster-options.js'
export type { DeploymentChange, HookAction, PauseSpec, Placement, ServiceSpec } from './ecs/service-spec.js'
export type { DeploymentStage, StagedStrategy } from '../src/testing/ecs-model/deployment-phases.js'
export type { Place } from '../src/testing/ecs-model/place.js'

/**
 * Starts the operations of ECS, EC2 and SSM that this package uses, over clusters of `simulatedCluster` in one account and
 * region. It listens on 127.0.0.1, on a free port, and accepts any credentials.
 */
export const awsApi = (clusters: readonly ClusterSimulation[], options?: ApiOptions): Promise<AwsApi> =>
  apiOf(
    clusters.map((cluster) => {
      if (cluster instanceof SimulatedCluster) return cluster
      throw new TypeError(`cluster ${cluster.name}: expected what simulatedCluster returns`)
    }),
    options,
  )

export type { ApiFaults, ApiOptions, AwsApi, CallOutcome } from './aws-api/aws-api.js'

/** Starts an SQS on 127.0.0.1 and a free port, in memory. Needs the package fauxqs. */
export const embeddedSqs = async (options?: EmbeddedSqsOptions): Promise<EmbeddedSqs> => {
  const part = await loadPart('embeddedSqs', ['fauxqs'], () => import('./sqs/embedded-sqs.js'))
  return part.embeddedSqs(options)
}

export type { EmbeddedSqs, EmbeddedSqsOptions } from './sqs/embedded-sqs.js'
export type { Counts, Queue, QueueOptions, SqsQueues } from './sqs/sqs-queues.js'

/**
 * Starts a DynamoDB on 127.0.0.1 and a free port, in memory, without transactions, time to live and streams. Needs the
 * package dynalite.
 */
export const embeddedDynamoDb = async (): Promise<EmbeddedDynamoDb> => {
  const load = () => import('./dynamodb/embedded-dynamodb.js')
  const part = await loadPart('embeddedDynamoDb', ['dynalite'], load)
  return part.embeddedDynamoDb()
}

export type { EmbeddedDynamoDb } from './dynamodb/embedded-dynamodb.js'
export type { DynamoDbTables } from './dynamodb/dynamodb-tables.js'

/**
 * Starts a Route 53 on 127.0.0.1 and free ports, in memory: its API, and its name servers. Needs the packages dns-packet
 * and fast-xml-parser.
 */
export const embeddedRoute53 = async (options?: EmbeddedRoute53Options): Promise<EmbeddedRoute53> => {
  const load = () => import('./route53/embedded-route53.js')
  const part = await loadPart('embeddedRoute53', ['dns-packet', 'fast-xml-parser'], load)
  return part.embeddedRoute53(options)
}

export type { EmbeddedRoute53, EmbeddedRoute53Options } from './route53/embedded-route53.js'
export type { ZoneSeed } from './route53/zone-seed.js'
export type { Route53Api, Route53Faults, Route53Outcome } from './route53/route53-api.js'
export type { Route53Bucket, Route53Limits } from './route53/route53-throttle.js'
export type { Route53Zones } from './route53/route53-zones.js'
export type { NameServers } from './dns/name-servers.js'

/**
 * Starts an EventBridge on 127.0.0.1 and a free port that takes events for the bus `default` and these, and keeps them. It
 * has no rules.
 */
export const embeddedEventBridge = async (buses?: readonly string[]): Promise<EmbeddedEventBridge> =>
  (await import('./event-bridge/embedded-event-bridge.js')).embeddedEventBridge(buses)

export type { EmbeddedEventBridge, EntryFault, TakenEvent } from './event-bridge/embedded-event-bridge.js'

/** Starts a Kinesis on 127.0.0.1 and a free port, in memory, without HTTP/2. Needs the package kinesalite. */
export const embeddedKinesis = async (): Promise<EmbeddedKinesis> => {
  const load = () => import('./kinesis/embedded-kinesis.js')
  const part = await loadPart('embeddedKinesis', ['kinesalite'], load)
  return part.embeddedKinesis()
}

export type { EmbeddedKinesis } from './kinesis/embedded-kinesis.js'
export type { KinesisStreams, StoredRecord } from './kinesis/kinesis-streams.js'

export { faultProxy, half, never } from './faults/fault-proxy.js'
export type { Fault, FaultProxy, FaultProxyOptions, Faults } from './faults/fault-proxy.js'
export type { Refusal } from './faults/service-failure.js'
export { deliver, FaultyDelivery, type DeliveryFaults } from './faults/delivery-faults.js'
export { awsEnvironment, type AwsEndpoints } from './aws-environment.js'
