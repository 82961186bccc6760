/** Backends as upstreams of nginx. Pure. */
import { type Backend, compareAddresses } from '../../core/desired.js'
import { renderEach } from '../../core/render-each.js'
import type { Sink } from '../../core/sink.js'
import { weighedParts } from '../kit/weighed-parts.js'
import type { UpstreamOptions } from './options.js'
import {
  emptied,
  isKept,
  type NginxServer,
  type NginxUpstream,
  printUpstream,
  serversIn,
} from './upstream.js'

const serversOf = (backend: Backend, held: readonly NginxServer[]): readonly NginxServer[] =>
  weighedParts(backend, held)
    .map(({ part: { host, port }, weight }): NginxServer => ({ host, port, weight }))
    .sort(compareAddresses)

/** `upstreamOf`: the name of a backend's upstream. */
export const nginxRendering = (
  upstreamOf: (backend: string) => string,
  options: UpstreamOptions,
): Required<Pick<Sink<NginxUpstream>, 'equals' | 'render' | 'parts' | 'prune' | 'hostsOf' | 'emptied'>> => ({
  equals: (a, b) => a.text === b.text,
  ...renderEach((backend: Backend, before: NginxUpstream | undefined) => {
    // An incomplete backend without endpoints says nothing yet.
    if (before === undefined && backend.endpoints.length === 0 && !backend.complete) return undefined
    const held = before === undefined ? [] : serversIn(before)
    return printUpstream(upstreamOf(backend.name), serversOf(backend, held), options)
  }),
  prune: (before) => (isKept(before) ? before : undefined),
  emptied,
  hostsOf: (upstream) => [...new Set(serversIn(upstream).map(({ host }) => host))],
})
