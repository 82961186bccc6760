import { EventBridgeClient, type EventBridgeClientConfig } from '@aws-sdk/client-eventbridge'
import { randomUUID } from 'node:crypto'
import { ApiFailure } from '../aws-api/api-failure.js'
import { type AwsInput, type AwsOutput, jsonInput, records, text } from '../aws-api/aws-request.js'
import { jsonApi } from '../aws-api/json-api.js'

/** An event as its bus has taken it. */
export interface TakenEvent {
  readonly bus: string
  readonly source: string
  readonly detailType: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** What becomes of an entry: nothing special, an error code of its own, or the refusal of the whole call. */
export type EntryFault = 'ok' | { readonly code: string } | { readonly call: string }

/** An EventBridge in this process that takes events, for tests. */
export interface EmbeddedEventBridge {
  readonly url: string
  /** All events, in the order in which they came. */
  readonly taken: readonly TakenEvent[]
  /** The number of entries of each call so far. */
  readonly calls: readonly number[]
  /** Decides about each entry from now on. */
  readonly inject: (fault: (entry: TakenEvent) => EntryFault) => void
  /** A client with invented credentials; `close` destroys it. */
  readonly client: (overrides?: EventBridgeClientConfig) => EventBridgeClient
  readonly close: () => Promise<void>
}

const refusal = (code: string, message: string): AwsOutput => ({ ErrorCode: code, ErrorMessage: message })

const missing = (name: string): AwsOutput =>
  refusal('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`)

const objectIn = (json: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    return jsonInput(json)
  } catch {
    return undefined
  }
}

/** The event of an entry, or why the entry fails. */
const eventOf = (entry: AwsInput, buses: ReadonlySet<string>): TakenEvent | AwsOutput => {
  for (const name of ['Source', 'DetailType', 'Detail'])
    if ((text(entry, name) ?? '') === '') return missing(name)
  const bus = (text(entry, 'EventBusName') ?? 'default').replace(/^.*:event-bus\//, '')
  const detail = objectIn(text(entry, 'Detail') ?? '')
  if (detail === undefined) return refusal('MalformedDetail', 'Detail is malformed.')
  if (!buses.has(bus)) throw new ApiFailure('ResourceNotFoundException', `Event bus ${bus} does not exist.`)
  return { bus, source: text(entry, 'Source') ?? '', detailType: text(entry, 'DetailType') ?? '', detail }
}

const isEvent = (one: TakenEvent | AwsOutput): one is TakenEvent => 'bus' in one

/**
 * Starts a server on 127.0.0.1 and a free port that knows one operation, PutEvents, for the bus `default` and these.
 * Unlike EventBridge, it keeps the events and has no rules, and it does not measure entries.
 */
export const embeddedEventBridge = async (buses: readonly string[] = []): Promise<EmbeddedEventBridge> => {
  const known = new Set(['default', ...buses])
  const taken: TakenEvent[] = []
  const calls: number[] = []
  const clients: EventBridgeClient[] = []
  let faultOf: (entry: TakenEvent) => EntryFault = () => 'ok'

  const putEvents = (input: AwsInput): AwsOutput => {
    const entries = records(input, 'Entries')
    calls.push(entries.length)
    if (entries.length > 10)
      throw new ApiFailure(
        'ValidationException',
        "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10",
      )
    const read = entries.map((entry) => eventOf(entry, known))
    const faults = read.map((one) => (isEvent(one) ? faultOf(one) : 'ok'))
    // A call is refused before any of its entries is taken.
    for (const fault of faults)
      if (fault !== 'ok' && 'call' in fault) throw new ApiFailure(fault.call, 'Refused as the test wants it.')
    const answers = read.map((one, i) => {
      if (!isEvent(one)) return one
      const fault = faults[i] ?? 'ok'
      if (fault !== 'ok' && 'code' in fault) return refusal(fault.code, 'Failed as the test wants it.')
      taken.push(one)
      return { EventId: randomUUID() }
    })
    return { FailedEntryCount: answers.filter((one) => 'ErrorCode' in one).length, Entries: answers }
  }

  const { url, close } = await jsonApi((target, input) => {
    if (target !== 'AWSEvents.PutEvents')
      throw new ApiFailure('UnknownOperationException', `There is no ${target}.`)
    return putEvents(input)
  })

  return {
    url,
    taken,
    calls,
    inject: (fault) => {
      faultOf = fault
    },
    client: (overrides = {}) => {
      const made = new EventBridgeClient({
        endpoint: url,
        region: 'us-east-1',
        credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
        maxAttempts: 1,
        ...overrides,
      })
      clients.push(made)
      return made
    },
    close: async () => {
      for (const each of clients) each.destroy()
      await close()
    },
  }
}
