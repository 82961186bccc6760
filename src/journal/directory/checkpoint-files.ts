import type { Clock, Millis } from '../../core/clock.js'
import type { ClusterEvent } from '../../core/event.js'
import { isObject } from '../../shared/codec/json-object.js'
import { checkpointEvents, checkpointLines } from '../checkpoint-lines.js'
import { packed, unpackedStream } from '../packed-lines.js'
import { type DirectoryPosition, formatPosition, isUpTo, parsePosition } from './directory-position.js'
import { amendmentFile, amendmentsIn, checkpointFile, checkpointsIn, isOwnEntriesFile } from './file-names.js'
import { isTemporary, type JournalFiles } from './journal-files.js'

export interface CheckpointFilesSetup {
  readonly files: JournalFiles
  readonly clock: Clock
  /** How long entries are kept after a checkpoint holds them. */
  readonly retentionMs: Millis
}

export interface StoredCheckpoint {
  readonly at: Millis
  readonly events: readonly ClusterEvent[]
  readonly position: DirectoryPosition
}

interface Header {
  readonly at: Millis
  readonly position: DirectoryPosition
}

/** The number of checkpoints that are kept: somebody may be reading the one before the newest. */
const kept = 2

/** Files of a process that was killed are left alone for so long. */
const temporaryMs: Millis = 86_400_000

const writeBytes = 256 * 1024

async function* withHeader(header: Header, lines: AsyncIterable<string>): AsyncGenerator<string> {
  yield JSON.stringify({ at: header.at, position: formatPosition(header.position) })
  yield* lines
}

const headerOf = (line: string | undefined): Header => {
  const json: unknown = line === undefined ? undefined : JSON.parse(line)
  const { at, position } = isObject(json) ? json : {}
  if (typeof at !== 'number' || typeof position !== 'string') throw new Error('expected a position')
  return { at, position: parsePosition(position) }
}

/** Checkpoints, as gzip files with increasing numbers: the position, then the lines of the checkpoint. */
export class CheckpointFiles {
  constructor(private readonly setup: CheckpointFilesSetup) {}

  async store(
    events: Iterable<ClusterEvent>,
    position: DirectoryPosition,
    signal: AbortSignal,
  ): Promise<void> {
    const { files, clock } = this.setup
    const names = await files.names()
    const newest = checkpointsIn(names).at(-1)
    const before = newest === undefined ? undefined : await this.header(newest, signal)
    if (before !== undefined && !isUpTo(before.position, position, (name) => names.includes(name))) return
    const lines = withHeader({ at: clock.now(), position }, checkpointLines(events))
    const isStored = await files.publish(checkpointFile((newest ?? 0) + 1), packed(lines, writeBytes))
    // Otherwise another worker was faster.
    if (isStored) await this.sweep(position, signal)
  }

  /** Rejects if the newest checkpoint is damaged. */
  async newest(signal: AbortSignal): Promise<StoredCheckpoint | undefined> {
    const { files } = this.setup
    for (;;) {
      const number = checkpointsIn(await files.names()).at(-1)
      if (number === undefined) return undefined
      try {
        return await this.read(number, signal)
      } catch (thrown) {
        signal.throwIfAborted()
        // It may have been replaced and deleted meanwhile.
        if (checkpointsIn(await files.names()).at(-1) !== number) continue
        throw new Error(
          `the newest checkpoint, ${checkpointFile(number)}, cannot be read: ${String(thrown)}. Restore the directory from a backup. Or delete this file: workers then start with the checkpoint before, if there is one`,
          { cause: thrown },
        )
      }
    }
  }

  private async read(number: number, signal: AbortSignal): Promise<StoredCheckpoint> {
    const lines = unpackedStream(this.setup.files.bytes(checkpointFile(number), 0, signal))
    const first = await lines.next()
    const header = headerOf(first.done === true ? undefined : first.value)
    const events: ClusterEvent[] = []
    for await (const event of checkpointEvents(lines)) events.push(event)
    return { ...header, events }
  }

  private async header(number: number, signal: AbortSignal): Promise<Header> {
    for await (const line of unpackedStream(this.setup.files.bytes(checkpointFile(number), 0, signal)))
      return headerOf(line)
    return headerOf(undefined)
  }

  /** Deletes what the newest checkpoint holds, and what nobody needs any more. */
  private async sweep(position: DirectoryPosition, signal: AbortSignal): Promise<void> {
    const { files, clock, retentionMs } = this.setup
    const names = await files.names()
    for (const number of checkpointsIn(names).slice(0, -kept)) await files.remove(checkpointFile(number))
    for (const name of names) {
      signal.throwIfAborted()
      const isHeld = isOwnEntriesFile(name) && name in position.files
      if (!isHeld && !isTemporary(name)) continue
      const size = await files.size(name)
      if (size === undefined) continue
      const ageMs = clock.now() - size.modifiedAt
      if (
        isTemporary(name)
          ? ageMs > temporaryMs
          : ageMs > retentionMs && this.isRead(position, name, size.bytes)
      )
        await files.remove(name)
    }
    for (const number of amendmentsIn(names)) {
      const name = amendmentFile(number)
      const size = number < position.amendment ? await files.size(name) : undefined
      if (size !== undefined && clock.now() - size.modifiedAt > retentionMs) await files.remove(name)
    }
  }

  private isRead({ files }: DirectoryPosition, name: string, bytes: number): boolean {
    return (files[name] ?? 0) >= bytes
  }
}
