import type { Place } from '../../core/arn.js'
import type { Exposable } from '../../core/policy.js'
import type { Source } from '../../core/source.js'
import type { EcsClients } from '../../sources/ecs-api/clients/ecs-client.js'
import { taskHealth } from '../../sources/ecs-api/health/task-health.js'
import type { HealthCheckSettings } from './health-check-settings.js'

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
