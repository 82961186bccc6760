/** What is wrong with the handlers, for people. Pure. */
import type { Desired } from '../../core/desired.js'
import { handlerId } from './handler-id.js'
import type { CaddyHandlers } from './handlers.js'

/** How many names a warning tells. */
const mostNames = 5

const listed = (names: readonly string[]): string =>
  names.length <= mostNames
    ? names.join(', ')
    : `${names.slice(0, mostNames).join(', ')} and ${names.length - mostNames} more`

/** `desired`: what was last written; `undefined` at the start. */
export const handlerWarnings = (
  { byBackend, problems }: CaddyHandlers,
  desired: Pick<Desired, 'backends' | 'complete'> | undefined,
  prefix: string,
): readonly string[] => {
  if (byBackend.size === 0)
    return [
      ...problems,
      `Caddy has no reverse_proxy handler whose @id begins with "${prefix}", so nothing is routed: add one for each backend, such as {"@id":"${handlerId(prefix, 'web')}","handler":"reverse_proxy"}. If it had them, it was started without --resume, or another configuration was loaded`,
    ]
  if (desired === undefined) return problems
  const { backends, complete } = desired
  const without = [...backends.keys()].filter((name) => !byBackend.has(name)).sort()
  const unknown = [...byBackend.keys()].filter((name) => !backends.has(name)).sort()
  return [
    ...problems,
    ...(without.length === 0
      ? []
      : [
          `backends without a handler in Caddy, which get no requests from it: ${listed(without)}. Give a reverse_proxy handler the @id "${handlerId(prefix, without[0] ?? '')}", or expose only what Caddy routes to`,
        ]),
    ...(unknown.length === 0 || !complete
      ? []
      : [
          `handlers in Caddy for which there is no backend, and which answer 503: ${listed(unknown)}. Correct the @id, or remove the route`,
        ]),
  ]
}
