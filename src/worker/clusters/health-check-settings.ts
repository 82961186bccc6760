import type { Place } from '../../core/arn.js'
import type { Exposable } from '../../core/policy.js'
import type { Source } from '../../core/source.js'
import type { EcsClients } from '../../sources/ecs-api/clients/ecs-client.js'
import { taskHealth } from '../../sources/ecs-api/health/task-health.js'
import { oneOf } from '../settings/setting-type.js'
import { defaulted, type SettingsOf } from '../settings/setting.js'

/**
 * For workers whose targets route requests. Spread them into `settings`, give `healthChecks` to the composition, and
 * `healthQuestions` to its lookups.
 */
export const healthCheckSettings = {
  healthChecks: defaulted(oneOf('required', 'advisory'), 'advisory', {
    description:
      'Whether a task whose definition has a health check is offered only after ECS has reported it HEALTHY, or as soon as it runs',
    example: 'required',
  }),
}

export type HealthCheckSettings = SettingsOf<typeof healthCheckSettings>

export interface HealthQuestions {
  readonly clients: (place: Place) => EcsClients
  /** Asks only about these tasks. Default: all. */
  readonly only?: (task: Exposable) => boolean
}

/** Asks ECS for the health of the tasks that wait for it, if health checks are required. */
export const healthQuestions = (
  { healthChecks }: HealthCheckSettings,
  options: HealthQuestions,
): readonly Source[] => (healthChecks === 'required' ? [taskHealth(options)] : [])
