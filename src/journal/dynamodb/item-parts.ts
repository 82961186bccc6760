import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { createHash } from 'node:crypto'
import { UnwritableEntry } from '../../core/journal.js'
import { Slots } from '../../shared/async/slots.js'
import type { Item, JournalTable } from './journal-table.js'
import { numberOf } from './journal-table.js'

/** An item holds 400 KB with its names and keys. */
export const maxPartBytes = 350_000

/** About 350 MB. The entries of a snapshot of a million tasks have about 200. */
const maxParts = 1_000

/** How many parts are put at the same time. */
const concurrency = 4

/** The parts are missing or are not as they were written. */
export class DamagedParts extends Error {
  override readonly name = 'DamagedParts'
}

/** Attributes of an item whose body is in parts. */
export interface PartsOf {
  readonly parts: number
  readonly digest: string
}

/** Puts the parts of a body as the items 1, 2, … of a partition. */
export const putParts = async (
  table: JournalTable,
  partition: string,
  parts: AsyncIterable<Buffer>,
  attributes: Item,
  signal: AbortSignal,
): Promise<PartsOf> => {
  const hash = createHash('sha256')
  const slots = new Slots(concurrency)
  const puts: Promise<void>[] = []
  const failures: unknown[] = []
  const put = async (number: number, body: Buffer): Promise<void> => {
    try {
      await table.put({ journal: partition, number }, { ...attributes, body: { B: body } }, signal)
    } catch (thrown) {
      failures.push(thrown)
      throw thrown
    } finally {
      slots.release()
    }
  }
  for await (const body of parts) {
    if (puts.length === maxParts)
      throw new UnwritableEntry(`more than ${maxParts * maxPartBytes} bytes cannot be stored at once`)
    if (!(await slots.take(signal)) || failures.length > 0) break
    hash.update(body)
    const putting = put(puts.length + 1, body)
    // Its failure is thrown at the end.
    putting.catch(() => undefined)
    puts.push(putting)
  }
  await Promise.all(puts)
  signal.throwIfAborted()
  return { parts: puts.length, digest: hash.digest('hex') }
}

/** Reads what `putParts` has put. Rejects with `DamagedParts` unless it is complete and unchanged. */
export const getParts = async (
  table: JournalTable,
  partition: string,
  { parts, digest }: PartsOf,
  signal: AbortSignal,
): Promise<readonly Uint8Array[]> => {
  const hash = createHash('sha256')
  const found: Uint8Array[] = []
  for await (const item of table.above({ journal: partition, number: 0 }, signal)) {
    const body = item['body']?.B
    if (body === undefined || numberOf(item['number']) !== found.length + 1) break
    hash.update(body)
    found.push(body)
  }
  if (found.length !== parts)
    throw new DamagedParts(`of ${parts} parts under "${partition}", only the first ${found.length} are there`)
  if (hash.digest('hex') !== digest)
    throw new DamagedParts(`the parts under "${partition}" are not as they were written`)
  return found
}

export const partsAttributes = ({ parts, digest }: PartsOf): Record<string, AttributeValue> => ({
  parts: { N: String(parts) },
  digest: { S: digest },
})

/** The parts that an item refers to; `undefined` if it has none. */
export const partsOf = (item: Item): PartsOf | undefined => {
  const parts = numberOf(item['parts'])
  const digest = item['digest']?.S
  return Number.isNaN(parts) || digest === undefined ? undefined : { parts, digest }
}
