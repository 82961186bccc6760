import type { Millis } from '../../core/clock.js'
import { verdictOf } from './answers.js'
import type { HeldServer } from './held-servers.js'
import type { RuntimeApi } from './runtime-api.js'
import { deletion } from './steps.js'

const placeOf = ({ backend, name }: Pick<HeldServer, 'backend' | 'name'>): string => `${backend}/${name}`

/** Servers that `apply` has put into maintenance, and that have connections, so that HAProxy does not delete them yet. */
export class Removals {
  private readonly places = new Set<string>()

  /** @param drainMs How long a connection may last. */
  constructor(
    private readonly api: RuntimeApi,
    private readonly drainMs: Millis,
  ) {}

  begin(server: Pick<HeldServer, 'backend' | 'name'>): void {
    this.places.add(placeOf(server))
  }

  /** The server is deleted, or wanted again. */
  forget(server: Pick<HeldServer, 'backend' | 'name'>): void {
    this.places.delete(placeOf(server))
  }

  readonly includes = (server: Pick<HeldServer, 'backend' | 'name'>): boolean =>
    this.places.has(placeOf(server))

  /**
   * Deletes those that have no connections any more; ends connections that last too long. Resolves to the servers that
   * are left. HAProxy refuses to delete what somebody has made ready meanwhile.
   */
  async finish(held: readonly HeldServer[], signal: AbortSignal): Promise<readonly HeldServer[]> {
    if (this.places.size === 0) return held
    const left: HeldServer[] = []
    const seen = new Set<string>()
    for (const server of held) {
      const place = placeOf(server)
      seen.add(place)
      if (!this.places.has(place)) left.push(server)
      else if (server.isReady || !(await this.isDeleted(server, signal))) left.push(server)
    }
    // Deleted by others, or by a reload.
    for (const place of this.places) if (!seen.has(place)) this.places.delete(place)
    for (const server of left) if (server.isReady) this.forget(server)
    return left
  }

  private async isDeleted(server: HeldServer, signal: AbortSignal): Promise<boolean> {
    const place = placeOf(server)
    if (!(await this.delete(server, signal))) {
      if (server.unchangedFor * 1000 < this.drainMs) return false
      await this.api(`shutdown sessions server ${place}`, signal)
      // They may need a moment to end: the next read tries once more.
      if (!(await this.delete(server, signal))) return false
    }
    this.forget(server)
    return true
  }

  private async delete(server: HeldServer, signal: AbortSignal): Promise<boolean> {
    const command = deletion(placeOf(server))
    const answer = await this.api(command.text, signal)
    return verdictOf(command, answer, { backend: server.backend, options: '' })._tag === 'Done'
  }
}
