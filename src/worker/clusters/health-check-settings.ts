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
