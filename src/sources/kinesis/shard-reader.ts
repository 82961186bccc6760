import { backoff } from '../../core/backoff.js'
import type { Clock, Millis, Random } from '../../core/clock.js'
import { isLater } from '../../core/log-position.js'
import type { Notice } from '../../core/source.js'
import {
  isExpired,
  isThroughputExceeded,
  isUnknownPosition,
  type KinesisStream,
  type ShardAnswer,
  type ShardId,
  type Start,
  type StreamRecord,
} from './kinesis-stream.js'
import type { ReadRoom } from './read-room.js'

export interface ShardReaderOptions {
  readonly stream: Pick<KinesisStream, 'iterator' | 'read'>
  readonly shard: ShardId
  /** `At` a record that is known: what follows it is read. */
  readonly start: Start
  readonly room: ReadRoom
  /** The pause between reads of a shard that has no more records. */
  readonly pollMs: Millis
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  readonly report: (notice: Notice) => void
  /** Called with new records. They have room, which the callee gives back. */
  readonly deliver: (records: readonly StreamRecord[]) => void
  /** Called if Kinesis no longer has the record at `start`, so that later ones may be missing. */
  readonly trimmed: () => void
}

/** The end of a closed shard, with the shards that follow it, if Kinesis says so. */
export interface ShardEnd {
  readonly children: readonly ShardId[] | undefined
}

/** Kinesis allows five reads a second of a shard, by all of its readers. */
const leastPause: Millis = 200

/** Reads one shard to its end. */
export class ShardReader {
  /** Where the next iterator begins. */
  private start: Start
  private iterator: string | undefined
  /** Whether the next record must be the known one at `start`. */
  private isResuming = false
  private failures = 0

  constructor(private readonly options: ShardReaderOptions) {
    this.start = options.start
  }

  /** Resolves at the end of the shard, or to `undefined` once the signal has aborted. */
  async run(): Promise<ShardEnd | undefined> {
    const { room, clock, signal, deliver } = this.options
    for (;;) {
      const most = await room.take(signal)
      if (most === 0) return undefined
      const answer = await this.read(most)
      // What arrives during the stop is left, like the answer to an aborted read.
      const records = signal.aborted || answer === undefined ? [] : this.unread(answer.records)
      room.give(most - records.length)
      if (signal.aborted) return undefined
      if (records.length > 0) deliver(records)
      if (answer !== undefined) {
        if (answer.next === undefined) return { children: answer.children }
        await clock.sleep(this.pause(answer), signal)
      }
    }
  }

  private pause({ isBehind }: ShardAnswer): Millis {
    const { pollMs } = this.options
    return isBehind ? Math.min(leastPause, pollMs) : pollMs
  }

  /** One try. After a failure it waits, and resolves to `undefined`. */
  private async read(most: number): Promise<ShardAnswer | undefined> {
    const { stream, shard, clock, signal } = this.options
    try {
      if (this.iterator === undefined) {
        this.iterator = await stream.iterator(shard, this.start, signal)
        this.isResuming = this.start._tag === 'At'
      }
      const answer = await stream.read(this.iterator, most, signal)
      this.iterator = answer.next
      this.failures = 0
      return answer
    } catch (thrown) {
      if (signal.aborted) return undefined
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      await clock.sleep(this.retryIn(error), signal)
      return undefined
    }
  }

  private retryIn(error: Error): Millis {
    const { pollMs, random, report, trimmed } = this.options
    const operation = this.iterator === undefined ? 'GetShardIterator' : 'GetRecords'
    if (this.iterator === undefined && this.start._tag === 'At' && isUnknownPosition(error)) {
      this.start = { _tag: 'Horizon' }
      trimmed()
      return 0
    }
    const isCrowded = isThroughputExceeded(error)
    const retryIn = backoff(this.failures, random, isCrowded ? { base: 2 * pollMs } : {})
    if (isExpired(error)) this.iterator = undefined
    // One now and then is expected: after a pause of minutes, and with many readers.
    const isExpected = this.failures === 0 && (isCrowded || isExpired(error))
    if (!isExpected) report({ _tag: 'SourceFailed', operation, error, retryIn })
    this.failures++
    return retryIn
  }

  /**
   * The records that are new. An iterator begins with the known record, not after it: if another one comes first,
   * Kinesis has forgotten the known one, and perhaps some that followed.
   */
  private unread(records: readonly StreamRecord[]): readonly StreamRecord[] {
    const [first] = records
    const last = records.at(-1)
    if (first === undefined || last === undefined) return []
    const known = this.start._tag === 'At' ? this.start.position : undefined
    if (this.isResuming && first.position !== known) this.options.trimmed()
    this.isResuming = false
    this.start = { _tag: 'At', position: last.position }
    return known === undefined ? records : records.filter(({ position }) => isLater(position, known))
  }
}
