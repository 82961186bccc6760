import type { Desired } from '../../core/desired.js'
import { OptionError } from '../../core/option-error.js'
import type { Sink } from '../../core/sink.js'
import { adminPlace } from './admin-url.js'
import { applyChanges } from './apply.js'
import { caddyConfiguration } from './configuration.js'
import type { CaddyUpstreams } from './handler.js'
import { type CaddyHandlers, handlersIn } from './handlers.js'
import { caddyRendering } from './rendering.js'
import { rowOf } from './row.js'
import { handlerWarnings } from './warnings.js'

export type { CaddyUpstream, CaddyUpstreams } from './handler.js'

export interface CaddyOptions {
  /** Caddy's admin API: a URL, or `unix:` and the path of a socket. Default: `http://localhost:2019`. */
  readonly url?: string
  /**
   * With what the `@id` of a handler begins; the backend's name follows, with `/` and other special characters
   * percent-encoded. Workers of different owners may share a Caddy if they have different prefixes. Default: `ecs:`.
   */
  readonly idPrefix?: string
  /** Unique among a worker's sinks. Default: `caddy`. */
  readonly name?: string
}

/**
 * Upstreams of Caddy's `reverse_proxy` handlers, by its admin API. The handler with the `@id` `ecs:web` gets the
 * endpoints of the backend `web`, as `upstreams`; and weights, where they differ, as the selection policy
 * `weighted_round_robin`, unless it has another policy. The `@id` of its `load_balancing` names the owner. Everything
 * else in Caddy's configuration is the user's, and stays.
 *
 * A backend without a handler is not routed to, and warned of. One that no longer exists leaves no upstreams, and Caddy
 * answers 503. All changes of a round are one write, conditional on the configuration that was read (`If-Match`): each
 * write makes Caddy load its configuration, which closes no requests, but WebSockets (see `stream_close_delay`).
 *
 * Throws an OptionError for an invalid option.
 */
export const caddy = ({
  url = 'http://localhost:2019',
  idPrefix = 'ecs:',
  name = 'caddy',
}: CaddyOptions = {}): Sink<CaddyUpstreams> => {
  if (!/^[\w.:-]+$/.test(idPrefix) || idPrefix.startsWith('owner:'))
    throw new OptionError(
      `caddy: idPrefix: expected ASCII letters, digits, "-", "_", "." and ":", and no "owner:" at the start, got ${JSON.stringify(idPrefix)}`,
    )
  const configuration = caddyConfiguration(adminPlace('caddy: url', url))
  let handlers: CaddyHandlers = { byBackend: new Map(), problems: [] }
  let settled: Pick<Desired, 'backends' | 'complete'> | undefined

  return {
    name,
    adopt: true,
    ...caddyRendering,
    read: async (signal) => {
      const { servers } = await configuration.read(signal)
      handlers = handlersIn(servers, idPrefix)
      return Array.from(handlers.byBackend, ([backend, { json }]) => rowOf(backend, json))
    },
    apply: (changes, owner, signal) => applyChanges(changes, { configuration, idPrefix, owner, signal }),
    synced: (desired) => {
      settled = desired
    },
    warnings: () => handlerWarnings(handlers, settled, idPrefix),
  }
}
