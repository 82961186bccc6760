import type { ClusterEvent } from '../../src/core/event.js'
import type { Servers } from './compared.js'

interface HeldServer {
  readonly service: string
  readonly address: string
}

/**
 * What many programs do: RUNNING adds a server, STOPPED removes it, each event for itself. It has the same decoder and
 * policy as the worker, and begins with a correct table. It lacks versions, and snapshots.
 */
export class NaiveConsumer {
  readonly #held = new Map<string, readonly HeldServer[]>()

  constructor(
    private readonly serversOf: (
      event: Extract<ClusterEvent, { readonly _tag: 'TaskChanged' }>,
    ) => readonly HeldServer[],
  ) {}

  hear(event: ClusterEvent): void {
    if (event._tag !== 'TaskChanged') return
    const { arn, lastStatus } = event.task
    if (lastStatus === 'STOPPED') this.#held.delete(arn)
    else if (lastStatus === 'RUNNING') {
      const servers = this.serversOf(event)
      if (servers.length > 0) this.#held.set(arn, servers)
    }
  }

  get table(): Servers {
    const table = new Map<string, string[]>()
    for (const servers of this.#held.values())
      for (const { service, address } of servers) {
        const own = table.get(service) ?? []
        table.set(service, [...own, address])
      }
    return table
  }
}
