import type { Millis } from '../../core/clock.js'
import type { AnySink } from '../../core/sink.js'
import { servicePorts } from '../../policies/service-ports.js'
import type { Composition, Driven } from '../runner/composition.js'
import { type DefinedWorker, layeredWorker } from '../runner/layered-worker.js'
import { backendName, checkBackendName, serviceName } from '../settings/backend-name.js'
import { text } from '../settings/setting-type.js'
import { type Declaration, required, type SettingsOf } from '../settings/setting.js'
import type { Check } from '../settings/settings.js'
import { checkClusters, clusterSettings, followed } from './cluster-settings.js'
import { checkDeployments, deploymentSettings } from './deployment-settings.js'
import { healthCheckSettings } from './health-check-settings.js'
import { healthSettings } from './health-settings.js'

export interface TargetDefinition<D extends Declaration> {
  /** The value of TARGET, such as `webhook`. */
  readonly name: string
  /** One line: what happens to the services of the clusters. */
  readonly summary: string
  /** The settings of this target. Their names begin with the target's, such as `webhookUrl`. */
  readonly settings: D
  /** Contradictions between them. */
  readonly check?: Check<D>
  /** For a target whose writes or readings cost more or less than others'. Default: as of `run`. */
  readonly pace?: { readonly minWriteIntervalMs?: Millis; readonly resyncMs?: Millis }
  /**
   * Builds the sink; opens nothing. Called once, with settings in which `check` found no contradiction. It should import
   * what it needs itself, so that `--help` loads none of it. `region` is that of the target.
   */
  readonly sink: (
    settings: SettingsOf<D>,
    place: { readonly region: string | undefined },
  ) => AnySink | Promise<AnySink>
  /** Loads what acts on the target beside the sink: see `Composition.drive`. Default: nothing. */
  readonly drive?: (settings: SettingsOf<D>) => Promise<NonNullable<Composition['drive']>>
}

const shared = {
  // Read before, to find the definition.
  target: required(text('target'), { description: 'Which target', example: 'webhook' }),
  ...clusterSettings,
  ...deploymentSettings,
  ...healthCheckSettings,
  ...healthSettings,
  backendName,
}

const checkShared: Check<typeof shared> = (settings) => [
  ...checkClusters(settings),
  ...checkDeployments(settings),
  ...checkBackendName(settings),
]

/** A worker that follows the services of clusters and tells one target: everything but the sink and its settings. */
export const defineTarget = <D extends Declaration>({
  name,
  summary,
  settings,
  check,
  pace = {},
  sink,
  drive,
}: TargetDefinition<D>): DefinedWorker =>
  layeredWorker({
    name,
    summary,
    base: { settings: shared, check: checkShared },
    own: { settings, check },
    compose: async (following, own) => {
      const { instanceAddresses } = await import('../../sources/ecs-api/lookups/instance-addresses.js')
      const { taskDefinitions } = await import('../../sources/ecs-api/lookups/task-definitions.js')
      const { clusterClients, followedDeployments, healthProbes, healthQuestions, queue, snapshots } =
        await import('./sources.js')
      const clients = clusterClients(following)
      const deployments = followedDeployments(following, {
        expose: servicePorts({ name: serviceName(following.backendName) }),
        lookups: [
          ...snapshots(following, { clients }),
          instanceAddresses({ clients }),
          taskDefinitions({ clients }),
          ...healthQuestions(following, { clients }),
          ...healthProbes(following),
        ],
        clients,
      })
      const drives = [deployments.drive, await drive?.(own)].filter((each) => each !== undefined)
      return {
        ...followed(following),
        ...pace,
        eventSources: queue(following),
        ...deployments,
        ...(drives.length > 0 && {
          drive: (driven: Driven) => {
            for (const each of drives) each(driven)
          },
        }),
        healthChecks: following.healthChecks,
        unhealthy: 'keep-the-last',
        sinks: [await sink(own, { region: following.region })],
      }
    },
  })
