import { lastSegment } from '../../core/arn.js'
import type { BackendName, Exposable } from '../../core/policy.js'
import { serviceOf } from '../../core/service-of.js'
import { text } from './setting-type.js'
import { defaulted } from './setting.js'
import type { Contradiction } from './settings.js'

/** The setting for the name of a service's backend. */
export const backendName = defaulted(text('template', 'a template with {service}'), '{service}', {
  description: 'Template for backend names, with {service} and {cluster}',
  example: '{cluster}-{service}',
})

/** For `WorkerDefinition.check`. */
export const checkBackendName = ({
  backendName: template = '{service}',
}: {
  readonly backendName?: string
}): readonly Contradiction[] =>
  template.includes('{service}')
    ? []
    : [
        {
          settings: ['backendName'],
          message: 'without {service} all services would get the same name',
          example: 'BACKEND_NAME={cluster}-{service}',
        },
      ]

/** The name that the template gives to a task's service; `undefined` for tasks outside a service. */
export const serviceName =
  (template: string) =>
  (task: Exposable): BackendName | undefined => {
    const service = serviceOf(task)
    return service === undefined
      ? undefined
      : template.replaceAll('{service}', service).replaceAll('{cluster}', lastSegment(task.cluster))
  }
