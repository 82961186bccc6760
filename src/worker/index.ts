/** What a worker file and its command are made of: `ecs-task-stream/worker`. */
export { defineWorker, type DefinedWorker, type Reading, type WorkerDefinition } from './worker.js'
export type { Composition, Instruments, Running } from './composition.js'

export { integer, type Kind, list, oneOf, onOff, text, url } from './kind.js'
export { type ListenAddress, listenAddress } from './listen-address.js'
export {
  type Declaration,
  defaulted,
  optional,
  required,
  type Setting,
  type SettingFacts,
  type SettingsOf,
  type SettingText,
} from './setting.js'
export { type Check, type Contradiction, readSettings } from './settings.js'
export type { Variables } from './given.js'
export { formatProblems, type Problem } from './problem.js'

export { start } from './start.js'
export { planCommand } from './plan-command.js'
export { exitCode, type ExitCode } from './exit-code.js'
export type { Terminal } from './terminal.js'
export { processTerminal } from './process-terminal.js'

export { createLogger, type LoggerOptions, type LogLevel, logReports } from './logger.js'
export type { RepeatGateOptions } from './repeat-gate.js'
export { metricsOf } from './metrics.js'
export { proxyInstruments } from './proxy-instruments.js'
export { type Readiness, readinessOf } from './readiness.js'
export { statusServer, type StatusServer, type StatusServerOptions } from './status-server.js'

export { type ClusterTopics, clusterTopics } from './cluster-topics.js'
export { onDemandSync, type OnDemandSync, type OnDemandSyncSetup } from './on-demand-sync.js'
export { trackerRoutes, type TrackerRoutesOptions } from './tracker-routes.js'
export { statusRoutes, type StatusRoutesOptions } from './status-routes.js'
export {
  webhookRoutes,
  webhookServer,
  type WebhookServer,
  type WebhookServerOptions,
} from './webhook-server.js'
