import db, { type StoredItem } from 'kinesalite/db/index.js'
import { Transform } from 'node:stream'

// A mark on kinesalite itself: this module may be loaded twice in one process.
const corrected = Symbol.for('ecs-task-stream: corrected timestamps')

/**
 * A deviation of kinesalite 3.3.3 from Kinesis, repaired for every server of the process: it never answers a request for
 * an iterator at a time after which no record has arrived. Here the iterator is then behind the last record.
 *
 * kinesalite looks for the first record that is late enough. It finds one more, which is later than any time.
 */
export function correctTimestamps(): void {
  if (corrected in db) return
  Object.defineProperty(db, corrected, { value: true })
  const { create } = db
  db.create = (options) => {
    const store = create(options)
    const { getStreamDb } = store
    store.getStreamDb = (name) => {
      const records = getStreamDb(name)
      const start = (shard: string): Promise<string> =>
        new Promise((resolve, reject) => {
          store.getStream(name, (error, stream) => {
            const found = stream?.Shards[Number.parseInt(shard, 16)]
            if (found === undefined) reject(error ?? new Error(`no shard ${shard}`))
            else resolve(found.SequenceNumberRange.StartingSequenceNumber)
          })
        })
      return Object.assign(Object.create(records) as typeof records, {
        // Only the search for a time reads a shard from its first record on, without a sequence number.
        createReadStream: (range: { readonly gt?: string }) =>
          range.gt === undefined
            ? records.createReadStream(range)
            : records.createReadStream(range).pipe(withEnd(range.gt, start)),
      })
    }
    return store
  }
}

const withEnd = (shard: string, start: (shard: string) => Promise<string>): Transform => {
  let last: string | undefined
  const end = async (): Promise<string> =>
    last === undefined ? start(shard) : db.incrementSequence(db.parseSequence(last))
  return new Transform({
    objectMode: true,
    transform: (item: StoredItem, _, done) => {
      last = item.key.split('/')[1]
      done(null, item)
    },
    flush: (done) => {
      end().then(
        (position) =>
          done(null, { key: `${shard}/${position}`, value: { ApproximateArrivalTimestamp: Infinity } }),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      )
    },
  })
}
