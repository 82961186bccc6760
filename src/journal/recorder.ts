import { backoff } from '../core/backoff.js'
import type { Clock, Millis, Random } from '../core/clock.js'
import type { Delivery, Notice } from '../core/source.js'
import { withinTime } from '../core/within-time.js'
import { JournalDirectory, type JournalDirectorySetup } from './journal-directory.js'
import { encodeEntry, maxLineBytes } from './journal.js'
import { isOver, type WallPause } from '../shared/async/wall-pause.js'

export interface RecorderSetup {
  /** The source's name in the entries. */
  readonly source: string
  readonly files: JournalDirectorySetup
  readonly fsync: 'every' | 'interval' | 'never'
  readonly timeoutMs: Millis
  readonly maxWaitingBytes: number
  readonly clock: Clock
  readonly random: Random
}

interface Waiting {
  readonly delivery: Delivery
  /** `undefined` if it cannot be written; it waits only to keep the order. */
  readonly line: string | undefined
}

const fsyncMs: Millis = 1000

/** Disk calls are never aborted, because the resulting state of the file would be unknown. */
const unaborted = new AbortController().signal

/**
 * Records deliveries and passes them on in order. Deliveries that arrive while the disk is busy share the next write.
 */
export class Recorder {
  private readonly files: JournalDirectory
  private readonly closing = new AbortController()
  private waiting: Waiting[] = []
  private waitingBytes = 0
  private syncDue = false
  private syncPlanned = false
  /** The running loop of disk calls, one at a time; `undefined` while there is nothing to do. */
  private working: Promise<void> | undefined
  /** Whether a call has not returned yet, after its timeout too; no other call is made until it does. */
  private stuck = false
  private failures = 0
  /** The backoff after a failed disk call. */
  private pause: WallPause | undefined
  /** Number of deliveries passed on unrecorded since the last write. */
  private missing = 0
  private closed: Promise<void> | undefined

  constructor(
    private readonly setup: RecorderSetup,
    private readonly emit: (output: Delivery | Notice) => void,
  ) {
    this.files = new JournalDirectory(setup.files)
  }

  /** Passes the delivery on once it is written or has failed to be written. */
  record(delivery: Delivery): void {
    this.waiting.push({ delivery, line: this.lineOf(delivery) })
    this.work()
  }

  /** Writes and passes on waiting deliveries, and closes the files. Never rejects. */
  close(): Promise<void> {
    return (this.closed ??= this.release())
  }

  private lineOf({ events }: Delivery): string | undefined {
    const { clock, source, maxWaitingBytes } = this.setup
    const encoded = encodeEntry(clock.now(), source, events)
    if (encoded._tag === 'Unencodable') {
      this.missing++
      this.fail('record', new Error(`events cannot be recorded in a journal: ${encoded.reason}`))
      return undefined
    }
    const bytes = Buffer.byteLength(encoded.line)
    if (bytes > maxLineBytes || this.waitingBytes + bytes > maxWaitingBytes) {
      if (this.missing++ === 0)
        this.fail('record', new Error(`too many bytes wait to be written: ${this.waitingBytes + bytes}`))
      return undefined
    }
    this.waitingBytes += bytes
    return encoded.line
  }

  private work(): void {
    this.working ??= this.rounds()
  }

  private async rounds(): Promise<void> {
    for (;;)
      if (this.syncDue) {
        this.syncDue = false
        await this.call('sync', () => this.files.sync())
      } else if (this.waiting.length > 0) await this.round()
      else {
        // Cleared synchronously: a delivery that arrives before the promise resolves would otherwise never be written.
        this.working = undefined
        return
      }
  }

  private async round(): Promise<void> {
    const round = this.waiting
    this.waiting = []
    this.waitingBytes = 0
    const lines = round.flatMap(({ line }) => line ?? [])
    if (lines.length > 0) await this.write(lines)
    for (const { delivery } of round) this.emit(delivery)
  }

  private async write(lines: readonly string[]): Promise<void> {
    const { clock, fsync, files } = this.setup
    const written =
      (this.pause === undefined || isOver(this.pause, clock.now())) &&
      (await this.call('write', async () => {
        await this.files.append(lines)
        if (fsync === 'every') await this.files.sync()
      }))
    if (!written) {
      this.missing += lines.length
      return
    }
    this.failures = 0
    if (this.missing > 0)
      this.emit({
        _tag: 'Warning',
        message: `recording to ${files.directory} has resumed; up to ${this.missing} deliveries are missing`,
      })
    this.missing = 0
    if (fsync === 'interval') void this.planSync()
  }

  private async planSync(): Promise<void> {
    if (this.syncPlanned) return
    this.syncPlanned = true
    await this.setup.clock.sleep(fsyncMs, this.closing.signal)
    this.syncPlanned = false
    if (this.closing.signal.aborted) return
    this.syncDue = true
    this.work()
  }

  /** Makes a disk call. Resolves to whether it succeeded in time. */
  private async call(operation: string, call: () => Promise<void>): Promise<boolean> {
    if (this.stuck) return false
    const { clock, timeoutMs } = this.setup
    try {
      await withinTime(timeoutMs, clock, unaborted, async () => {
        this.stuck = true
        try {
          await call()
        } finally {
          this.stuck = false
        }
      })
      return true
    } catch (thrown) {
      this.fail(operation, thrown instanceof Error ? thrown : new Error(String(thrown)), this.retryIn())
      return false
    }
  }

  private retryIn(): Millis {
    const { clock, random } = this.setup
    const wait = backoff(this.failures++, random)
    this.pause = { since: clock.now(), ms: wait }
    return wait
  }

  private fail(operation: string, error: Error, retryIn?: Millis): void {
    this.emit({ _tag: 'SourceFailed', operation: `journal ${operation}`, error, retryIn })
  }

  private async release(): Promise<void> {
    this.closing.abort()
    await this.working
    await this.call('close', async () => {
      if (this.setup.fsync !== 'never') await this.files.sync()
      await this.files.close()
    })
  }
}
