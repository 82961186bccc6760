import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../src/core/clock.js'
import type { Journal } from '../../src/core/journal.js'
import type { Disk } from '../../src/journal/directory/disk.js'
import { DirectoryJournal } from '../../src/journal/directory/directory-journal.js'
import { JournalFiles } from '../../src/journal/directory/journal-files.js'
import { dynamoDbJournal } from '../../src/journal/dynamodb/index.js'
import type { Machine } from '../disk/machine.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Arrangement } from './arrangement.js'

export const journalTableName = 'journal'
export const journalName = 'simulated'

const day = 86_400_000

export interface SimulatedJournalOptions {
  readonly arrangement: Arrangement
  readonly process: SimulatedProcess
  readonly dynamoDb: DynamoDBClient
  readonly machine: Machine
}

/** The journal of a process, as the arrangement has it; `undefined` without one. */
export const simulatedJournal = ({
  arrangement,
  process,
  dynamoDb,
  machine,
}: SimulatedJournalOptions): Journal | undefined => {
  const { clock, random } = process
  const newId = (): string => random.uuid()
  switch (arrangement) {
    case 'alone':
    case 'webhook':
    case 'queue-each':
      return undefined
    case 'journal':
    case 'no-snapshots':
      return dynamoDbJournal({
        table: journalTableName,
        name: journalName,
        client: dynamoDb,
        retentionDays: 1,
        clock,
        newId,
      })
    case 'directory':
      return onDisk({ disk: machine.disk(process), fsync: true, clock, newId })
  }
}

interface OnDisk {
  readonly disk: Disk
  readonly fsync: boolean
  readonly clock: Clock
  readonly newId: () => string
}

/** What `directoryJournal` makes. */
const onDisk = ({ disk, fsync, clock, newId }: OnDisk): Journal =>
  new DirectoryJournal({
    files: new JournalFiles({ directory: '/journal', fsync, newId, access: (call) => call(), disk }),
    retentionMs: 2 * day,
    maxBytes: 1024 * 1024,
    clock,
    newId,
  })

/** A journal that only reads what is on the disk of a machine. */
export const readerOf = (machine: Machine, clock: Clock): Journal =>
  onDisk({ disk: machine.quietDisk, fsync: false, clock, newId: () => 'reader' })
