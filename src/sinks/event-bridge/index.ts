import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge'
import type { Clock } from '../../core/clock.js'
import { OptionError } from '../../core/option-error.js'
import type { Sink } from '../../core/sink.js'
import type { DeliveredState } from '../kit/backend-state.js'
import type { DeliveryOptions, DeliveryResult } from '../kit/delivery.js'
import { deliverySink } from '../kit/delivery-sink.js'
import { callsOf, entryOf, limits, sizeOf } from './entry.js'
import { eventBridgeClient } from './event-bridge-client.js'
import { callFailure, resultOf } from './put-failure.js'

export type { BackendState, DeliveredState, StateEndpoint } from '../kit/backend-state.js'
export type { DeadLetter, DeliveryOptions } from '../kit/delivery.js'
export type { StateData, StateEvent } from '../kit/state-event.js'
export { type BackendStateDetail, backendStateDetailType } from './entry.js'

export interface EventBridgeOptions extends DeliveryOptions {
  /** The name or ARN of the event bus. Default: `default`. */
  readonly eventBusName?: string
  /** The `source` of the events; must not begin with `aws.`. Default: `ecs-task-stream`. */
  readonly source?: string
  /** The region of the bus. Default: as resolved by the AWS SDK. */
  readonly region?: string | undefined
  /**
   * A client of your own, which you must destroy. Default: one with the environment's credentials for `region`, made at
   * the first delivery, which tries a call up to three times within its time limits.
   */
  readonly client?: EventBridgeClient
  /** Unique among a worker's sinks. Default: `event-bridge`. */
  readonly name?: string
  readonly clock?: Clock
}

interface Sized {
  readonly index: number
  readonly entry: PutEventsRequestEntry
  readonly size: number
}

/**
 * Puts the whole state of each backend that changes on an event bus, at least once: one event per backend, with the
 * detail-type `Backend State`. EventBridge neither orders events nor removes duplicates, so receivers compare
 * `detail.sequence`.
 *
 * Entries that EventBridge refuses are given up after three attempts: see `deadLetter`. All others that fail are sent
 * again. Throws an OptionError for an invalid option.
 */
export const eventBridge = ({
  eventBusName = 'default',
  source = 'ecs-task-stream',
  region = '',
  client,
  name = 'event-bridge',
  ...delivery
}: EventBridgeOptions = {}): Sink<DeliveredState> => {
  if (eventBusName === '')
    throw new OptionError('eventBridge: eventBusName: expected a name, got an empty text')
  if (source === '' || source.startsWith('aws.'))
    throw new OptionError(
      `eventBridge: source: expected a text that does not begin with "aws.", which EventBridge refuses, got "${source}"`,
    )
  let made = client

  const put = async (call: readonly Sized[], signal: AbortSignal): Promise<readonly DeliveryResult[]> => {
    try {
      made ??= eventBridgeClient(region)
      const command = new PutEventsCommand({ Entries: call.map(({ entry }) => entry) })
      const { Entries = [] } = await made.send(command, { abortSignal: signal })
      return call.map((_, i) => resultOf(Entries[i], eventBusName))
    } catch (thrown) {
      const failed = callFailure(thrown, { bus: eventBusName, entries: call.length })
      if (failed !== 'one by one') return call.map(() => failed)
      const results: DeliveryResult[] = []
      for (const one of call) results.push(...(await put([one], signal)))
      return results
    }
  }

  return deliverySink({
    name,
    ...delivery,
    deliver: async (events, signal) => {
      const results = new Map<number, DeliveryResult>()
      const fitting: Sized[] = []
      for (const [index, event] of events.entries()) {
        const entry = entryOf(event, { eventBusName, source })
        const size = sizeOf(entry)
        if (size < limits.entryBytes) fitting.push({ index, entry, size })
        else
          results.set(index, {
            _tag: 'Refused',
            reason: `the event has ${size} bytes, and EventBridge takes less than ${limits.entryBytes}: divide the backend, or use a webhook`,
          })
      }
      for (const call of callsOf(fitting)) {
        const answers = await put(call, signal)
        for (const [i, { index }] of call.entries()) {
          const answer = answers[i]
          if (answer !== undefined) results.set(index, answer)
        }
      }
      return events.map(
        (_, index) => results.get(index) ?? { _tag: 'Failed', error: new Error('PutEvents gave no result') },
      )
    },
  })
}
