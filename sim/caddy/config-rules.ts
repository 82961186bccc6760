/** What Caddy refuses in a configuration, as far as upstreams are concerned. Pure. */
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../src/shared/codec/json.js'

/** The members of a `reverse_proxy` handler that Caddy 2.11 knows. */
const known = new Set([
  '@id',
  'handler',
  'transport',
  'circuit_breaker',
  'load_balancing',
  'health_checks',
  'upstreams',
  'dynamic_upstreams',
  'flush_interval',
  'trusted_proxies',
  'headers',
  'request_buffers',
  'response_buffers',
  'stream_timeout',
  'stream_close_delay',
  'rewrite',
  'handle_response',
  'verbose_logs',
])

const problemOf = (handler: JsonObject): string | undefined => {
  const unknown = Object.keys(handler).find((member) => !known.has(member))
  if (unknown !== undefined)
    return `decoding module config: http.handlers.reverse_proxy: json: unknown field "${unknown}"`
  const upstreams = handler['upstreams']
  for (const upstream of upstreams !== undefined && isJsonArray(upstreams) ? upstreams : []) {
    const other = isJsonObject(upstream)
      ? Object.keys(upstream).find((member) => !['@id', 'dial', 'max_requests'].includes(member))
      : undefined
    if (other !== undefined)
      return `decoding module config: http.handlers.reverse_proxy: json: unknown field "${other}"`
  }
  const balancing = handler['load_balancing']
  const policy = isJsonObject(balancing) ? balancing['selection_policy'] : undefined
  if (!isJsonObject(policy) || policy['policy'] !== 'weighted_round_robin') return undefined
  const weights = policy['weights']
  return weights !== undefined && isJsonArray(weights) && weights.some((weight) => Number(weight) > 0)
    ? undefined
    : 'provision http.handlers.reverse_proxy: loading load balancing selection policy: loading module ' +
        "'weighted_round_robin': http.reverse_proxy.selection_policies.weighted_round_robin: invalid configuration: " +
        'weighted_round_robin requires at least one upstream with a positive weight'
}

/** Why Caddy does not load this configuration; `undefined` if it does. */
export const refusalOf = (json: Json): string | undefined => {
  if (isJsonArray(json)) return json.map(refusalOf).find((problem) => problem !== undefined)
  if (!isJsonObject(json)) return undefined
  return (
    (json['handler'] === 'reverse_proxy' ? problemOf(json) : undefined) ??
    Object.values(json)
      .map(refusalOf)
      .find((problem) => problem !== undefined)
  )
}
