import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/clock.js'
import type { Journal } from '../../core/journal.js'
import { OptionError } from '../../core/option-error.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { DirectoryJournal } from './directory-journal.js'
import { JournalFiles } from './journal-files.js'

export interface DirectoryJournalOptions {
  /** The directory of the files; created with mode 0700 if it is missing. All workers that use it share the journal. */
  readonly directory: string
  /** Whether to force writes to the disk, so that they survive a crash of the machine. Default: true. */
  readonly fsync?: boolean
  /** How long entries are kept after a checkpoint holds them. At least 2 days. Default: 7 days. */
  readonly retentionDays?: number
  /** Maximum size of a file, after which the next one begins. Default: 64 MiB. */
  readonly maxBytes?: number
  /** Default: the system clock. */
  readonly clock?: Clock
  /** Makes unique names, as `randomUUID` does, which is the default. */
  readonly newId?: () => string
}

const dayMs = 86_400_000

/**
 * A journal in a directory, for the workers of one machine. Each writes files of its own; a file has the format of
 * `recordTo`. So `replay` reads a journal, and a directory of recordings is a journal. The file system must be a local
 * one, with hard links.
 *
 * @throws OptionError for an invalid option.
 */
export const directoryJournal = ({
  directory,
  fsync = true,
  retentionDays = 7,
  maxBytes = 64 * 1024 * 1024,
  clock = systemClock,
  newId = randomUUID,
}: DirectoryJournalOptions): Journal => {
  if (!(retentionDays >= 2))
    throw new OptionError(`directoryJournal: retentionDays: expected at least 2, got ${retentionDays}`)
  if (!(maxBytes >= 1))
    throw new OptionError(`directoryJournal: maxBytes: expected at least 1, got ${maxBytes}`)
  const files = new JournalFiles({ directory, fsync, newId, access: (call) => call() })
  return new DirectoryJournal({ files, retentionMs: retentionDays * dayMs, maxBytes, clock, newId })
}
