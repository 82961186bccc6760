import type { Millis } from '../../src/core/clock.js'
import type { Faults } from '../engine/faults.js'
import type { TableWrite } from '../servers/dynamodb.js'
import type { StoredItem } from '../servers/stored-item.js'
import type { Table } from '../servers/table.js'
import { OccupiedNames } from './occupied-names.js'
import type { Stranger } from './stranger.js'

export interface TableStrangerOptions {
  readonly now: () => Millis
  readonly table: Table
  readonly faults: Faults
  readonly services: readonly string[]
  /** Called after each of its writes. */
  readonly wrote: (write: Pick<TableWrite, 'before' | 'after'>) => void
}

const server = (url: string): StoredItem => ({ M: { url: { S: url }, weight: { N: '3' } } }) as never

/** Who else writes to the table of Traefik. */
export class TableStranger implements Stranger {
  /** What it left, which must stay as it is. */
  readonly #own = new Map<string, StoredItem>()
  readonly #occupied: OccupiedNames

  constructor(private readonly options: TableStrangerOptions) {
    this.#occupied = new OccupiedNames(options.now)
  }

  act(): void {
    const { faults, services } = this.options
    if (!faults.happens('other-writer', 0.05, 'target')) return
    const dice = faults.dice('other-writer')
    const service = dice.pick(services)
    const id = `${service}__backend`
    const held = this.options.table.get({ id: { S: id } })
    const draw = dice.next()
    if (draw < 0.3) {
      const name = `foreign-${dice.int(5)}`
      this.#keep(`${name}__backend`, {
        id: { S: `${name}__backend` },
        name: { S: name },
        version: { N: String(dice.int(9)) },
        backend: { M: { servers: { M: { one: server(`http://192.0.2.${dice.int(200)}:80`) as never } } } },
        owner: { S: 'somebody-else' },
      })
    } else if (draw < 0.45)
      this.#keep(`${service}__frontend`, {
        id: { S: `${service}__frontend` },
        name: { S: service },
        version: { N: '1' },
        frontend: { M: { backend: { S: service }, note: { S: dice.hex(4) } } },
      })
    else if (held === undefined || this.#occupied.has(service)) return
    else if (draw < 0.6) this.#put(id, undefined)
    else if (draw < 0.9) {
      const servers = Object.entries(held['backend']?.M?.['servers']?.M ?? {})
      const left = servers.filter(() => dice.chance(0.7))
      const added = dice.chance(0.5) ? [['byHand', server('http://192.0.2.1:1')] as const] : []
      this.#put(id, {
        ...held,
        backend: {
          M: { ...held['backend']?.M, servers: { M: Object.fromEntries([...left, ...added]) as never } },
        },
      })
    } else if (dice.chance(0.5))
      this.#put(id, { ...held, version: { N: String(Number(held['version']?.N ?? 0) + 5) } })
    else {
      this.#occupied.take(service)
      this.#put(id, { ...held, owner: { S: 'somebody-else' } })
    }
  }

  occupied(service: string, since: Millis): boolean {
    return this.#occupied.had(service, since)
  }

  leave(): void {
    for (const service of this.#occupied.leave()) this.#put(`${service}__backend`, undefined)
  }

  damaged(): readonly string[] {
    return [...this.#own].flatMap(([id, item]) =>
      JSON.stringify(this.options.table.get({ id: { S: id } })) === JSON.stringify(item) ? [] : [id],
    )
  }

  #keep(id: string, item: StoredItem): void {
    this.#own.set(id, item)
    this.#put(id, item)
  }

  #put(id: string, after: StoredItem | undefined): void {
    const { table, wrote } = this.options
    const key = { id: { S: id } }
    const before = table.get(key)
    table.set(key, after)
    wrote({ before, after })
  }
}
