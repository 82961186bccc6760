import type { Json } from './json.js'
import type { Place } from './place.js'

/** The envelope of EventBridge for an AWS service's event. */
export interface EventBridgeEvent {
  /** Of the envelope, always "0"; the version that orders events is `detail.version`. */
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: 'aws.ecs'
  readonly account: string
  /** Whole seconds: too coarse to order by. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: Json
}

/** Wraps a detail of Amazon ECS. `at` is epoch milliseconds; `id` is a UUID. */
export const eventBridgeEvent = (
  place: Place,
  type: string,
  resource: string,
  at: number,
  detail: Json,
  id: string,
): EventBridgeEvent => ({
  version: '0',
  id,
  'detail-type': type,
  source: 'aws.ecs',
  account: place.account,
  time: `${new Date(at).toISOString().slice(0, 19)}Z`,
  region: place.region,
  resources: [resource],
  detail,
})

/** ECS trims trailing zeros of the fraction, so the text has 0 to 3 digits and does not compare as text. */
export const isoTime = (at: number): string => new Date(at).toISOString().replace(/\.?0+Z$/, 'Z')
