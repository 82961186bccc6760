/** What is missing in a namespace, for people. Pure. */
import type { Desired } from '../../core/desired.js'

/** How many names a warning tells. */
const mostNames = 5

/** `desired`: what was last written; `undefined` at the start. */
export const serviceWarnings = (
  services: ReadonlySet<string>,
  desired: Pick<Desired, 'backends'> | undefined,
  namespaceId: string,
): readonly string[] => {
  if (services.size === 0)
    return [
      `the namespace ${namespaceId} has no service, so nothing is registered: create one for each backend, with its name`,
    ]
  const without = [...(desired?.backends.keys() ?? [])].filter((name) => !services.has(name)).sort()
  const shown = without.slice(0, mostNames).join(', ')
  const more = without.length > mostNames ? ` and ${without.length - mostNames} more` : ''
  return without.length === 0
    ? []
    : [
        `backends without a service in the namespace ${namespaceId}, which are not registered: ${shown}${more}. Create a service with that name, or expose only what is to be registered`,
      ]
}
