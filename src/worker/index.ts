/** For writing a worker and its command: `ecs-task-stream/worker`. */
export { defineWorker, type DefinedWorker, type Reading, type WorkerDefinition } from './runner/worker.js'
export { chooseWorker, type WorkerChoice } from './runner/choose-worker.js'
export type { Composition, Driven, Instruments, Running } from './runner/composition.js'

export {
  integer,
  list,
  oneOf,
  onOff,
  type SettingType,
  text,
  url,
  type ValueSchema,
} from './settings/setting-type.js'
export { type ListenAddress, listenAddress } from './settings/listen-address.js'
export {
  type Declaration,
  defaulted,
  optional,
  required,
  type Setting,
  type SettingFacts,
  type SettingsOf,
  type SettingText,
} from './settings/setting.js'
export { type Check, type Contradiction, readSettings } from './settings/settings.js'
export type { ConfigFile } from './settings/config-file.js'
export type { ShownSetting } from './settings/shown-settings.js'
export type { Origin, Variables } from './settings/raw-settings.js'
export { formatProblems, type Problem } from './settings/problem.js'

export { start } from './runner/start.js'
export { planCommand } from './runner/plan-command.js'
export { exitCode, type ExitCode } from './terminal/exit-code.js'
export type { Stray } from './terminal/stray.js'
export type { LogDestination, Terminal } from './terminal/terminal.js'
export { processTerminal } from './terminal/process-terminal.js'

export {
  createLogger,
  type LoggerOptions,
  type LogReportsOptions,
  type LogLevel,
  logReports,
} from './observability/logger.js'
export type { Level } from './observability/log-line.js'
export type { RepeatGateOptions } from './observability/repeat-gate.js'
export { metricsOf, type MetricsOptions } from './observability/metrics.js'
export { proxyInstruments } from './runner/proxy-instruments.js'
export { type Readiness, readinessOf } from './observability/readiness.js'
export { statusServer, type StatusServer, type StatusServerOptions } from './server/status-server.js'

export { type ClusterTopics, clusterTopics } from './server/cluster-topics.js'
export { onDemandSync, type OnDemandSync, type OnDemandSyncSetup } from './ecs-task-tracker/on-demand-sync.js'
export { trackerRoutes, type TrackerRoutesOptions } from './ecs-task-tracker/tracker-routes.js'
export type { WebhookListener } from '../sources/webhooks/http-inbox.js'
export { statusRoutes, type StatusRoutesOptions } from './server/status-routes.js'
export {
  webhookRoutes,
  webhookServer,
  type WebhookServer,
  type WebhookServerOptions,
} from './server/webhook-server.js'
export type { ProxyIncident, TcpProxy, WeighedAddress } from '../sinks/tcp-proxy/index.js'
export type { PortState } from '../sinks/tcp-proxy/proxied-port.js'
export type { PortTotals } from '../sinks/tcp-proxy/port-totals.js'
export type { EcsSnapshots } from '../sources/ecs-api/snapshots/ecs-snapshots.js'
