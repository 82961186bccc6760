import { oneOf, onOff } from '../settings/setting-type.js'
import { defaulted, type SettingsOf } from '../settings/setting.js'
import type { Contradiction } from '../settings/settings.js'

/** For workers whose targets route requests. Spread them into `settings`. */
export const deploymentSettings = {
  deployments: defaulted(oneOf('follow', 'ignore'), 'follow', {
    description:
      'Whether blue/green, canary and linear deployments decide how many requests a task gets, or every running task gets its part',
    example: 'ignore',
  }),
  continuePaused: defaulted(onOff(), false, {
    description:
      'Whether to continue deployments that a PAUSE hook holds after a change of traffic, once every target has it',
    example: 'on',
  }),
}

export type DeploymentSettings = SettingsOf<typeof deploymentSettings>

/** Contradictions among `deploymentSettings`: for `WorkerDefinition.check`. */
export const checkDeployments = ({
  deployments,
  continuePaused,
}: Partial<DeploymentSettings>): readonly Contradiction[] =>
  continuePaused === true && deployments === 'ignore'
    ? [
        {
          settings: ['continuePaused', 'deployments'] as const,
          message: 'a deployment that is not followed cannot be continued',
          example: 'DEPLOYMENTS=follow',
        },
      ]
    : []
