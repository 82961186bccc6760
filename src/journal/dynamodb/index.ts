import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { randomUUID } from 'node:crypto'
import type { Clock, Millis } from '../../core/clock.js'
import type { CaughtUp, Journal, JournalEntry, Position } from '../../core/journal.js'
import { OptionError } from '../../core/option-error.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { dynamoDbClient } from '../../shared/aws/dynamodb-client.js'
import { AmendmentLog } from './amendment-log.js'
import { CheckpointItems } from './checkpoint-items.js'
import { EntryItems } from './entry-items.js'
import { EntryLog } from './entry-log.js'
import { type Item, JournalTable } from './journal-table.js'
import { formatPosition, parsePosition, type TablePosition } from './table-position.js'

export interface DynamoDbJournalOptions {
  /**
   * The table's name. Its key is `journal` (string, partition key) and `number` (number, sort key). Enable time to live
   * with the attribute `expires`.
   */
  readonly table: string
  /** The journal's name. All workers that use the same name share it; a table may have many journals. */
  readonly name: string
  /** The table's region. Default: as resolved by the AWS SDK. */
  readonly region?: string | undefined
  /**
   * Default: a client with the environment's credentials for `region`, which tries a call up to three times within its
   * time limits.
   */
  readonly client?: DynamoDBClient
  /**
   * How long entries are kept. Workers store checkpoints far more often, and these do not expire. Default: 7 days.
   */
  readonly retentionDays?: number
  /**
   * How long readers wait for a writer that has reserved a place for its entry, before they close the place. The writer
   * then takes another one. Default: 5,000 ms.
   */
  readonly gapMs?: Millis
  /** Default: the system clock. */
  readonly clock?: Clock
  /** Makes unique names, as `randomUUID` does, which is the default. */
  readonly newId?: () => string
}

const dayMs: Millis = 86_400_000

/** `/` separates the parts of a partition key. */
const nameShape = /^[\w.:-]{1,100}$/

const beginning: TablePosition = { entry: 0, beyond: [], amendment: 0, at: 0 }

/**
 * A journal in a DynamoDB table. Any number of workers may use it, in any number of processes. All reads are strongly
 * consistent, and all order comes from conditional writes: no clock matters, except that clocks must be right within
 * days, because entries expire.
 *
 * A call of `append` costs two writes, one of `catchUp` two queries. IAM: `dynamodb:GetItem`, `PutItem`, `UpdateItem`,
 * `DeleteItem` and `Query`.
 *
 * Do not delete the table while workers run: those that run and those that start later would not hear from each other.
 *
 * @throws OptionError for an invalid option.
 */
export const dynamoDbJournal = ({
  table: tableName,
  name: journal,
  region = '',
  client = dynamoDbClient(region),
  retentionDays = 7,
  gapMs = 5_000,
  clock = systemClock,
  newId = randomUUID,
}: DynamoDbJournalOptions): Journal => {
  if (!nameShape.test(journal))
    throw new OptionError(
      `dynamoDbJournal: name: expected up to 100 letters, digits and . : _ -, got "${journal}"`,
    )
  if (!(retentionDays >= 1))
    throw new OptionError(`dynamoDbJournal: retentionDays: expected at least 1, got ${retentionDays}`)
  if (!(gapMs >= 0)) throw new OptionError(`dynamoDbJournal: gapMs: expected at least 0, got ${gapMs}`)

  const retentionMs = retentionDays * dayMs
  const expires = (extraMs: Millis = 0): Item => ({
    expires: { N: String(Math.ceil((clock.now() + retentionMs + extraMs) / 1000)) },
  })
  /** Whether what was current at a time may have expired. */
  const isOld = (at: Millis): boolean => Math.abs(clock.now() - at) > retentionMs / 2

  const table = new JournalTable(client, tableName)
  const items = new EntryItems({ table, journal, newId, expires })
  const log = new EntryLog({
    table,
    journal,
    items,
    clock,
    gapMs,
    reservationMs: retentionMs / 2,
    expires,
  })
  const amendments = new AmendmentLog({ table, journal, items })
  const checkpoints = new CheckpointItems({ table, journal, newId, clock })
  const holder = newId()

  /** Everything after a position; `undefined` if some of it has expired. */
  const readOn = async (
    since: TablePosition,
    isFirst: boolean,
    signal: AbortSignal,
  ): Promise<CaughtUp | undefined> => {
    const at = clock.now()
    const expired = async (): Promise<number> => (await checkpoints.position(signal))?.entry ?? 0
    const [read, amended] = await Promise.all([
      log.read(since, expired, signal),
      amendments.read(since.amendment, signal),
    ])
    if (read === undefined || (amended.isTorn && !isFirst)) return undefined
    const { entry, beyond } = read
    return {
      entries: [...read.entries, ...amended.entries],
      position: formatPosition({ entry, beyond, amendment: amended.amendment, at }),
    }
  }

  /** The newest checkpoint, and everything after it. */
  const start = async (signal: AbortSignal): Promise<CaughtUp> => {
    for (;;) {
      const checkpoint = await checkpoints.newest(signal)
      const since = checkpoint?.position ?? beginning
      const caughtUp = await readOn(since, true, signal)
      // Another checkpoint was stored meanwhile, and what it holds has expired.
      if (caughtUp === undefined) continue
      if (checkpoint === undefined) return caughtUp
      const { at, events } = checkpoint
      const first: JournalEntry = { at, source: 'checkpoint', events: [...events, { _tag: 'Checkpointed' }] }
      return { ...caughtUp, entries: [first, ...caughtUp.entries] }
    }
  }

  const catchUp = async (since: Position | undefined, signal: AbortSignal): Promise<CaughtUp> => {
    const position = since === undefined ? undefined : parsePosition(since)
    const next =
      position === undefined || isOld(position.at) ? undefined : await readOn(position, false, signal)
    return next ?? start(signal)
  }

  return {
    append: (entries, signal) => log.append(entries, signal),
    amend: async (entry, since, signal) => {
      const { amendment, at } = parsePosition(since)
      return !isOld(at) && amendments.amend(entry, amendment, signal)
    },
    catchUp,
    checkpoint: (events, position, signal) => checkpoints.store(events, parsePosition(position), signal),
    lease: async (work, ms, signal) => {
      const now = clock.now()
      const found = await table.putIf(
        { journal: `${journal}/lease/${work}`, number: 0 },
        { holder: { S: holder }, until: { N: String(ms > 0 ? now + ms : 0) }, ...expires() },
        signal,
        {
          expression:
            'attribute_not_exists(#journal) OR #until <= :now OR #until > :implausible OR #holder = :holder',
          names: { '#journal': 'journal', '#until': 'until', '#holder': 'holder' },
          values: {
            ':now': { N: String(now) },
            // A clock that was wrong by years must not hold a lease for years.
            ':implausible': { N: String(now + ms + dayMs) },
            ':holder': { S: holder },
          },
        },
      )
      return found === undefined
    },
  }
}
