import { createHash } from 'node:crypto'
import type { Row } from '../../core/sink.js'
import { canonicalText, type JsonObject } from '../../shared/codec/json.js'
import { type CaddyUpstreams, ownerOf, upstreamsIn } from './handler.js'

/** The record that a handler stands for. Its etag is all of the handler, so that no change of it is overwritten. */
export const rowOf = (key: string, handler: JsonObject): Row<CaddyUpstreams> => ({
  key,
  value: upstreamsIn(handler),
  owner: ownerOf(handler),
  etag: createHash('sha256').update(canonicalText(handler)).digest('hex'),
})
