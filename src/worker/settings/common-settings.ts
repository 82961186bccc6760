import { oneOf, onOff, text } from './setting-type.js'
import { listenAddress } from './listen-address.js'
import { configSettings } from './config-settings.js'
import { defaulted, optional } from './setting.js'
import { inspectorSettings } from './inspector-settings.js'

/** Settings that every worker has in addition to its own. */
export const commonSettings = {
  dryRun: defaulted(onOff(), false, {
    description: 'Follow the clusters and log what would change, without changing it; reads no queue',
    example: 'on',
  }),
  port: optional(listenAddress(), {
    description:
      'Address to serve /health, /ready, /metrics and the inspector on; without a host, every interface',
    example: ':8080',
    otherwise: 'no server',
  }),
  ...inspectorSettings,
  recordTo: optional(text('directory', 'a directory'), {
    description: 'Directory in which to record what every source delivers, for `replay`',
    example: '/var/lib/ecs-task-stream',
    otherwise: 'no recording',
  }),
  logFormat: defaulted(oneOf('auto', 'text', 'json'), 'auto', {
    description: 'Format of the log: text for people, or JSON lines; auto is text on a terminal, else JSON',
    example: 'json',
  }),
  traces: defaulted(onOff(), false, {
    description: 'Give the spans of the work to the SDK of OpenTelemetry that this process has loaded',
    example: 'on',
  }),
  debug: defaulted(onOff(), false, {
    description: 'Log every delivery and plan',
    example: 'on',
    // The package `debug`, which many programs use, reads names such as `express:*` from it.
    isShared: true,
  }),
  ...configSettings,
}
