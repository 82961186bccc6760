import type { Millis } from '../../src/core/clock.js'
import type { Random } from '../../sim/prng.js'
import type { Faults } from '../engine/faults.js'
import { OccupiedNames } from './occupied-names.js'
import type { Stranger } from './stranger.js'
import type { TraefikDocument } from './traefik-records.js'

export interface FileStrangerOptions {
  readonly now: () => Millis
  readonly faults: Faults
  readonly services: readonly string[]
  /** The file, at once and without faults. */
  readonly file: {
    read(): string | undefined
    /** `undefined` deletes it. */
    replace(text: string | undefined): void
  }
}

/** Other programs and people, who change the file of a worker, delete it, and take it for their own. */
export class FileStranger implements Stranger {
  readonly #occupied: OccupiedNames
  #hasAll = false

  constructor(private readonly options: FileStrangerOptions) {
    this.#occupied = new OccupiedNames(options.now)
  }

  /** Whether the file is theirs now. */
  get hasAll(): boolean {
    return this.#hasAll
  }

  act(): void {
    const { faults, file, services } = this.options
    if (!faults.happens('other-writer', 0.05, 'target') || this.#hasAll) return
    const dice = faults.dice('other-writer')
    const draw = dice.next()
    const text = file.read()
    if (text === undefined) return
    if (draw < 0.2) file.replace(undefined)
    else if (draw < 0.3) file.replace('{}')
    else if (draw < 0.9) file.replace(edited(text, dice.pick(services), dice))
    else {
      this.#hasAll = true
      for (const service of services) this.#occupied.take(service)
      const document = JSON.parse(text) as TraefikDocument
      file.replace(JSON.stringify({ ...document, _meta: dice.chance(0.5) ? {} : { owner: 'somebody-else' } }))
    }
  }

  occupied(service: string, since: Millis): boolean {
    return this.#occupied.had(service, since)
  }

  leave(): void {
    this.#occupied.leave()
    if (this.#hasAll) this.options.file.replace(undefined)
    this.#hasAll = false
  }

  /** Nothing in the file of a worker is of others. */
  damaged(): readonly string[] {
    return []
  }
}

/** A document in which a person has taken servers away from a service, or added one. */
const edited = (text: string, name: string, dice: Random): string => {
  const document = JSON.parse(text) as TraefikDocument
  const { http = {} } = document
  const { services = {} } = http
  const { [name]: service } = services
  if (service?.loadBalancer === undefined) return text
  const left = (service.loadBalancer.servers ?? []).filter(() => dice.chance(0.7))
  const added = dice.chance(0.5) ? [{ url: 'http://192.0.2.1:1' }] : []
  const changed = { ...service, loadBalancer: { ...service.loadBalancer, servers: [...left, ...added] } }
  return `${JSON.stringify({ ...document, http: { ...http, services: { ...services, [name]: changed } } })}\n`
}
