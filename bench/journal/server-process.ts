/** A process with an SQS and two DynamoDBs: one for journals, one for targets. It counts their calls as they arrive. */
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { answerWith } from '../peer.js'

export interface ServerUrls {
  readonly sqs: string
  readonly journals: string
  readonly targets: string
}

export interface Traffic {
  readonly calls: Readonly<Record<string, number>>
  /** Bodies of requests, and of answers. */
  readonly bytesIn: number
  readonly bytesOut: number
}

export interface Counts {
  readonly journals: Traffic
  readonly targets: Traffic
  /** Of this process. */
  readonly cpuMs: number
}

export type ServerRequest = { readonly _tag: 'Urls' } | { readonly _tag: 'TakeCounts' }

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly server: Server
}

class Tally {
  #calls: Record<string, number> = {}
  #bytesIn = 0
  #bytesOut = 0

  note({ request, response }: Exchange): void {
    const operation = String(request.headers['x-amz-target']).replace(/.*\./, '')
    this.#calls[operation] = (this.#calls[operation] ?? 0) + 1
    this.#bytesIn += Number(request.headers['content-length'] ?? 0)
    response.once('finish', () => (this.#bytesOut += Number(response.getHeader('content-length') ?? 0)))
  }

  take(): Traffic {
    const taken = { calls: this.#calls, bytesIn: this.#bytesIn, bytesOut: this.#bytesOut }
    this.#calls = {}
    this.#bytesIn = 0
    this.#bytesOut = 0
    return taken
  }
}

const [sqs, journals, targets] = await Promise.all([embeddedSqs(), embeddedDynamoDb(), embeddedDynamoDb()])
const tallies = new Map([
  [new URL(journals.url).port, new Tally()],
  [new URL(targets.url).port, new Tally()],
])
subscribe('http.server.request.start', (message) => {
  const exchange = message as Exchange
  tallies.get(String((exchange.server.address() as AddressInfo).port))?.note(exchange)
})
let cpu = process.cpuUsage()

const [ofJournals = new Tally(), ofTargets = new Tally()] = tallies.values()
answerWith(({ _tag }: ServerRequest): Promise<ServerUrls | Counts> => {
  switch (_tag) {
    case 'Urls':
      return Promise.resolve({ sqs: sqs.url, journals: journals.url, targets: targets.url })
    case 'TakeCounts': {
      const { user, system } = process.cpuUsage(cpu)
      cpu = process.cpuUsage()
      return Promise.resolve({
        journals: ofJournals.take(),
        targets: ofTargets.take(),
        cpuMs: (user + system) / 1_000,
      })
    }
  }
})
