import type { Clock, Millis } from '../../core/clock.js'
import type { ClusterEvent } from '../../core/event.js'
import type { CaughtUp, Journal, JournalEntry, Position } from '../../core/journal.js'
import { linesOf } from '../stored-entries.js'
import { CheckpointFiles } from './checkpoint-files.js'
import { type DirectoryPosition, formatPosition, parsePosition } from './directory-position.js'
import { readEntries } from './entry-reader.js'
import { EntryWriter } from './entry-writer.js'
import { amendmentFile, amendmentsAbove, isEntriesFile } from './file-names.js'
import { isMissing, type JournalFiles } from './journal-files.js'
import { LeaseFiles } from './lease-files.js'

export interface DirectoryJournalSetup {
  readonly files: JournalFiles
  readonly retentionMs: Millis
  readonly maxBytes: number
  readonly clock: Clock
  readonly newId: () => string
}

const beginning: DirectoryPosition = { files: {}, amendment: 0, at: 0 }

/** Writers leave a file after a day. So one that nobody has written to for the retention is complete. */
const maxAgeMs: Millis = 86_400_000

async function* terminated(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}

/** See `directoryJournal`. */
export class DirectoryJournal implements Journal {
  private readonly writer: EntryWriter
  private readonly checkpoints: CheckpointFiles
  private readonly leases: LeaseFiles
  /** Files whose rest from an offset on was found to be torn, so that it is not read again and again. */
  private readonly torn = new Map<string, { readonly offset: number; readonly bytes: number }>()

  constructor(private readonly setup: DirectoryJournalSetup) {
    const { files, clock, maxBytes, retentionMs, newId } = setup
    this.writer = new EntryWriter({ files, writer: newId(), clock, maxBytes, maxAgeMs })
    this.checkpoints = new CheckpointFiles({ files, clock, retentionMs })
    this.leases = new LeaseFiles({ files, clock, holder: newId() })
  }

  async append(entries: readonly JournalEntry[], signal: AbortSignal): Promise<void> {
    let text = ''
    for await (const line of terminated(linesOf(entries))) text += line
    await this.writer.append(text, signal)
  }

  async amend(entry: JournalEntry, position: Position, signal: AbortSignal): Promise<boolean> {
    const { amendment, at } = parsePosition(position)
    signal.throwIfAborted()
    return (
      !this.isOld(at) && this.setup.files.publish(amendmentFile(amendment + 1), terminated(linesOf([entry])))
    )
  }

  async catchUp(since: Position | undefined, signal: AbortSignal): Promise<CaughtUp> {
    const position = since === undefined ? undefined : parsePosition(since)
    const next =
      position === undefined || this.isOld(position.at)
        ? undefined
        : await this.readOn(position, false, signal)
    return next ?? this.start(signal)
  }

  checkpoint(events: Iterable<ClusterEvent>, position: Position, signal: AbortSignal): Promise<void> {
    return this.checkpoints.store(events, parsePosition(position), signal)
  }

  lease(work: string, ms: Millis, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    return this.leases.take(work, ms, signal)
  }

  /** Whether what was current at a time may have been deleted. */
  private isOld(at: Millis): boolean {
    const { clock, retentionMs } = this.setup
    return Math.abs(clock.now() - at) > retentionMs / 2
  }

  /** The newest checkpoint, and everything after it. */
  private async start(signal: AbortSignal): Promise<CaughtUp> {
    for (;;) {
      const checkpoint = await this.checkpoints.newest(signal)
      const caughtUp = await this.readOn(checkpoint?.position ?? beginning, true, signal)
      // Another checkpoint was stored meanwhile, and what it holds was deleted.
      if (caughtUp === undefined) continue
      if (checkpoint === undefined) return caughtUp
      const { at, events } = checkpoint
      const first: JournalEntry = { at, source: 'checkpoint', events: [...events, { _tag: 'Checkpointed' }] }
      return { ...caughtUp, entries: [first, ...caughtUp.entries] }
    }
  }

  /** Everything after a position; `undefined` if some of it was deleted. */
  private async readOn(
    since: DirectoryPosition,
    isFirst: boolean,
    signal: AbortSignal,
  ): Promise<CaughtUp | undefined> {
    const at = this.setup.clock.now()
    const names = await this.setup.files.names()
    const entries: JournalEntry[] = []
    const offsets: Record<string, number> = {}
    for (const name of names.filter(isEntriesFile).sort()) {
      const read = await this.readFile(name, since.files[name] ?? 0, signal)
      if (read === undefined) continue
      for (const entry of read.entries) entries.push(entry)
      offsets[name] = read.offset
    }
    let { amendment } = since
    for (const number of amendmentsAbove(names, amendment)) {
      if (number !== amendment + 1 && !isFirst) return undefined
      const read = await this.readFile(amendmentFile(number), 0, signal)
      if (read === undefined) return undefined
      for (const entry of read.entries) entries.push(entry)
      amendment = number
    }
    return { entries, position: formatPosition({ files: offsets, amendment, at }) }
  }

  /** `undefined` if the file was deleted. */
  private async readFile(name: string, from: number, signal: AbortSignal) {
    const { files } = this.setup
    const size = await files.size(name)
    if (size === undefined) return undefined
    const torn = this.torn.get(name)
    const isTorn = torn?.offset === from && torn.bytes === size.bytes
    if (size.bytes <= from || isTorn) return { entries: [], offset: from }
    const read = await readEntries(files, name, from, signal)
      // Who knows it acknowledges it, so it must be on the disk.
      .then(async (found) => {
        if (found.offset > from && !this.writer.isSettled(name)) await files.settle(name)
        return found
      })
      .catch((thrown: unknown) => {
        if (isMissing(thrown)) return undefined
        throw thrown
      })
    if (read === undefined) return undefined
    if (read.offset < size.bytes) this.torn.set(name, { offset: read.offset, bytes: size.bytes })
    return read
  }
}
