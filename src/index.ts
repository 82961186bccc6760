/**
 * The public API. Sources, sinks, workers and the test kit have their own subpaths, so that an application loads only
 * the SDKs that it uses: `ecs-task-stream/sources/sqs`, `ecs-task-stream/sinks/traefik-table`,
 * `ecs-task-stream/worker`, `ecs-task-stream/testing`.
 */
export { run } from './run.js'
export type { Environment, RunSetup } from './core/run-setup.js'
export type { Worker } from './core/worker.js'

export type { ClusterEvent } from './core/event.js'
export type { Addresses } from './core/addresses.js'
export type { ClusterArn, DefinitionArn, EndpointId, InstanceArn, TaskArn } from './core/arn.js'
export type { Binding, Protocol } from './core/binding.js'
export type { ContainerDefinition, NetworkMode, TaskDefinition } from './core/task-definition.js'
export type { Deployment, PausedHook, RevisionTraffic, Rollout, ServiceArn } from './core/deployment.js'
export type { Machine } from './core/machine.js'
export type { ContainerEnd, TaskEnd } from './core/task-end.js'
export type { Container, Health, Interface, Task, TaskHealth } from './core/task.js'
export type { TaskStatus } from './core/task-status.js'
export { joinTask } from './core/task.js'
export type {
  ClusterState,
  EndpointHealth,
  Identity,
  Instance,
  Join,
  LogProgress,
  Mark,
  Refusal,
} from './core/cluster-state.js'
export type { LogPosition } from './core/log-position.js'
export { clusterStateJoin, emptyState } from './core/cluster-state.js'
export { reduce } from './core/reduce.js'
export { sweep, type SweepOptions } from './core/sweep.js'
export { defaultSkewAllowanceMs, type Liveness, livenessOf } from './core/liveness.js'

export {
  type BackendName,
  type DeploymentRouting,
  type Exposable,
  type Policy,
  type ExposedPort,
  type Exposure,
  exposesNothing,
  type PolicyNeeds,
} from './core/policy.js'
export { serviceOf } from './core/service-of.js'
export { servicePorts, type ServicePortsOptions } from './policies/service-ports.js'
export { traefikLabels, type TraefikLabelsOptions } from './sinks/traefik/labels/traefik-labels.js'
export { srvNames, type SrvNamesOptions } from './sinks/route53/names/srv-names.js'
export type { SrvVariablesFrom } from './sinks/route53/names/variables.js'
export {
  prometheusExporters,
  type PrometheusExportersOptions,
} from './sinks/prometheus/prometheus-exporters.js'
export { containerPorts, type ContainerPortsOptions } from './policies/container-ports.js'
export { deployments, type DeploymentsOptions } from './policies/deployments.js'
export { selects, type TaskSelection } from './core/task-selection.js'
export type { HealthChecks } from './core/health-checks.js'
export type { HealthPolicy } from './core/health-policy.js'
export type { Address, Backend, Desired, Endpoint, Revision, Share, Unresolved } from './core/desired.js'
export { compareAddresses, formatAddress, trafficWeight } from './core/desired.js'
export { project, projector, type ProjectOptions, type Projector } from './core/project.js'

export {
  defaultPruneGuard,
  type PruneGuard as Guard,
  plan,
  type Plan,
  type PlanOptions,
  type Skipped,
} from './core/plan.js'
export { explain, type Explanation, type Subject } from './core/explain/explain.js'
export {
  explainedTarget,
  type ExplainedTarget,
  type PlannedSink,
  type TargetRecord,
  type UnlikeRecord,
} from './core/explain/explained-target.js'
export type { ExplainedWorld } from './core/explain/explained-world.js'
export type {
  BackendExplanation,
  BackendRecord,
  BackendTarget,
  Listed,
  ListedEndpoint,
  MissingTask,
} from './core/explain/backend-explanation.js'
export type { Break, PortChain, TargetChain, TaskExplanation } from './core/explain/task-explanation.js'
export type { RecordExplanation } from './core/explain/leftovers.js'
export type { ChainLink, LinkName, LinkState } from './core/explain/chain.js'
export { renderEach } from './core/render-each.js'
export type { ExaminationContext, Finding } from './core/finding.js'
export type { AnySink, Change, Outcome, Owner, Parts, Row, Sink } from './core/sink.js'
export type { Delivery, Lookup, Notice, Source, SourceContext } from './core/source.js'
export {
  type CaughtUp,
  type Checkpointed,
  type Journal,
  type JournalEntry,
  type JournalEvent,
  type Position,
  UnwritableEntry,
} from './core/journal.js'
export type { TasksRelisted } from './core/relisting.js'
export { OptionError } from './core/option-error.js'
export { SetupError, type SetupFault } from './core/setup-error.js'
export { backendChanges, type BackendChange } from './core/backend-changes.js'
export { type EndpointChange, endpointChanges } from './core/endpoint-changes.js'
export { type SeenTask, type TaskChange, taskChanges, type TaskChangesOptions } from './core/task-changes.js'
export { events, type EventsOptions } from './events.js'
export { onChange } from './sinks/on-change.js'
export type { Effect } from './core/effect.js'
export type { JournalOperation, Report } from './core/report.js'
export type { Span, Stage, StageOrigin, StageResult, Tracer } from './core/tracer.js'

export { backoff, type BackoffOptions } from './core/backoff.js'
export type { Clock, Millis, Random } from './core/clock.js'
export { conflateMap } from './core/conflate-map.js'
export { defaultOwner } from './core/run-setup.js'
export { lastSegment, longArn, type Place, placeOf, sameCluster } from './core/arn.js'
export { PersistentMap } from './core/persistent-map.js'
export type { Sliced } from './core/sliced.js'
export type { DiffVisitor, Revise } from './core/trie.js'
export { systemClock } from './shared/async/system-clock.js'
