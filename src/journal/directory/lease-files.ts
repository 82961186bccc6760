import type { Clock, Millis } from '../../core/clock.js'
import { isObject } from '../../shared/codec/json-object.js'
import { leaseFile, leasesIn } from './file-names.js'
import type { JournalFiles } from './journal-files.js'

export interface LeaseFilesSetup {
  readonly files: JournalFiles
  readonly clock: Clock
  /** Unique among the workers of the directory. */
  readonly holder: string
}

interface Lease {
  readonly holder: string
  readonly until: Millis
}

/** So many generations are kept: a worker that is slow must not take a number again that was deleted. */
const kept = 16

async function* only(text: string): AsyncGenerator<string> {
  yield await Promise.resolve(text)
}

/** Leases, as files with increasing numbers. To take or to extend one is to create the next file. */
export class LeaseFiles {
  constructor(private readonly setup: LeaseFilesSetup) {}

  async take(work: string, ms: Millis, signal: AbortSignal): Promise<boolean> {
    const { files, clock, holder } = this.setup
    const generations = leasesIn(await files.names(), work)
    const newest = generations.at(-1) ?? 0
    const lease = newest === 0 ? undefined : await this.read(leaseFile(work, newest), signal)
    const now = clock.now()
    // A clock that was wrong by years must not hold a lease for years.
    const isTaken = lease !== undefined && lease.until > now && lease.until <= now + ms + 86_400_000
    if (isTaken && lease.holder !== holder) return false
    const next: Lease = { holder, until: ms > 0 ? now + ms : 0 }
    if (!(await files.publish(leaseFile(work, newest + 1), only(JSON.stringify(next))))) return false
    for (const old of generations.slice(0, -kept)) await files.remove(leaseFile(work, old))
    return true
  }

  /** `undefined` if the file is damaged. */
  private async read(name: string, signal: AbortSignal): Promise<Lease | undefined> {
    const chunks: Buffer[] = []
    for await (const chunk of this.setup.files.bytes(name, 0, signal)) chunks.push(chunk)
    try {
      const json: unknown = JSON.parse(Buffer.concat(chunks).toString())
      const { holder, until } = isObject(json) ? json : {}
      return typeof holder === 'string' && typeof until === 'number' ? { holder, until } : undefined
    } catch {
      return undefined
    }
  }
}
