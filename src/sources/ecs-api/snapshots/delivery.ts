import type { ClusterEvent } from '../../../core/event.js'
import type { Delivery } from '../../../core/source.js'

const noop = (): void => undefined

/** A delivery of what a call has found. There is nothing to acknowledge: the next call finds it again. */
export const delivery = (...events: readonly ClusterEvent[]): Delivery => ({
  _tag: 'Delivery',
  events,
  ack: noop,
  nack: noop,
})
