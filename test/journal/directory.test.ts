import type { Journal } from 'ecs-task-stream'
import { directoryJournal } from 'ecs-task-stream/journals/directory'
import { replay } from 'ecs-task-stream/sources/replay'
import { type Access, journalContract } from 'ecs-task-stream/testing'
import fc from 'fast-check'
import { appendFile, readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ClusterEvent } from '../../src/core/event.js'
import type { JournalEntry } from '../../src/core/journal.js'
import { DirectoryJournal } from '../../src/journal/directory/directory-journal.js'
import { type Disk, machineDisk } from '../../src/journal/directory/disk.js'
import { JournalFiles } from '../../src/journal/directory/journal-files.js'
import { encodeEntry } from '../../src/journal/journal.js'
import { heard } from '../support/heard.js'
import { observed } from '../support/observed-task.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { virtualClock } from '../support/virtual-clock.js'
import { contractRuns } from '../laws/runs.js'

const temporary = temporaryDirectories()
const day = 86_400_000
const signal = (): AbortSignal => new AbortController().signal

const changed = (id: string): ClusterEvent => ({ _tag: 'TaskChanged', task: observed({ id }) })
const entry = (id: string): JournalEntry => ({ at: 1, source: 'some', events: [changed(id)] })
const idsIn = (entries: readonly JournalEntry[]): readonly string[] =>
  entries.flatMap(({ events }) =>
    events.flatMap((event) => (event._tag === 'TaskChanged' ? [event.task.arn.split('/').at(-1) ?? ''] : [])),
  )

const overAccess = (directory: string, access: Access): Journal =>
  new DirectoryJournal({
    files: new JournalFiles({ directory, fsync: false, newId: randomUUID, access }),
    retentionMs: 7 * day,
    maxBytes: 1_000,
    clock: virtualClock(),
    newId: randomUUID,
  })

const harness = async () => {
  const directory = await temporary()
  const clock = virtualClock()
  return {
    open: () => directoryJournal({ directory, fsync: false, clock, maxBytes: 1_000 }),
    openFaulty: (access: Access) => overAccess(directory, access),
    advance: (ms: number) => clock.advance(ms),
    dispose: () => Promise.resolve(),
  }
}

journalContract('directoryJournal', harness, { runs: contractRuns(30) })

/** The disk of the machine, on which syncs of files are noted. */
const notingSyncs = (synced: string[]): Disk => ({
  ...machineDisk,
  open: async (path, flags, mode) => {
    const file = await machineDisk.open(path, flags, mode)
    return {
      appendFile: (data) => file.appendFile(data),
      datasync: () => {
        synced.push(basename(path))
        return file.datasync()
      },
      sync: () => file.sync(),
      stat: () => file.stat(),
      createReadStream: (options) => file.createReadStream(options),
      close: () => file.close(),
    }
  },
})

describe('directoryJournal', () => {
  it('syncs what it reads of others, and not once more what it has written', async () => {
    const directory = await temporary()
    const synced: string[] = []
    const open = (): Journal =>
      new DirectoryJournal({
        files: new JournalFiles({
          directory,
          fsync: true,
          newId: randomUUID,
          access: (call) => call(),
          disk: notingSyncs(synced),
        }),
        retentionMs: 7 * day,
        maxBytes: 1_000_000,
        clock: virtualClock(),
        newId: randomUUID,
      })
    const [one, other] = [open(), open()]
    const { position } = await one.catchUp(undefined, signal())
    await one.append([entry('a')], signal())
    expect(synced).toHaveLength(1)
    expect(idsIn((await one.catchUp(position, signal())).entries)).toEqual(['a'])
    expect(synced).toHaveLength(1)
    expect(idsIn((await other.catchUp(undefined, signal())).entries)).toEqual(['a'])
    expect(synced).toHaveLength(2)
    expect(new Set(synced).size).toBe(1)
  })

  it('reads what recorders have written, and replay reads what it has written', async () => {
    const directory = await temporary()
    const recorded = [1, 2].map((at) => encodeEntry(at, 'sqs', [changed(`recorded${at}`)]))
    const lines = recorded.map((each) => (each._tag === 'Line' ? each.line : ''))
    // The recorder was killed, and began a new line when it started again.
    await writeFile(join(directory, 'sqs-00000001.jsonl'), `${lines[0]}\n{"v":3,"at"\n${lines[1]}\n`)
    const journal = directoryJournal({ directory })
    await journal.append([entry('own')], signal())
    const { entries, position } = await journal.catchUp(undefined, signal())
    expect(idsIn(entries).toSorted()).toEqual(['own', 'recorded1', 'recorded2'])
    await journal.amend(entry('amended'), position, signal())
    const file = (await readdir(directory))
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => join(directory, name))
    const { deliveries } = await heard(replay({ file }))
    expect(deliveries).toHaveLength(4)
  })

  it('keeps what was resolved when a crash tears the last line at any byte, and leaves the rest unread', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.nat(), async (count, at) => {
        const directory = await temporary()
        const dying = directoryJournal({ directory, fsync: false })
        const [name = ''] = await (async () => {
          for (let i = 0; i < count; i++) await dying.append([entry(`kept${i}`)], signal())
          return readdir(directory)
        })()
        const file = join(directory, name)
        const { size } = await stat(file)
        await dying.append([entry('torn')], signal())
        await truncate(file, size + (at % ((await stat(file)).size - size)))
        const reader = directoryJournal({ directory, fsync: false })
        const kept = Array.from({ length: count }, (_, i) => `kept${i}`)
        const first = await reader.catchUp(undefined, signal())
        expect(idsIn(first.entries)).toEqual(kept)
        await reader.append([entry('after')], signal())
        const second = await reader.catchUp(first.position, signal())
        expect(idsIn(second.entries)).toEqual(['after'])
        expect(idsIn((await reader.catchUp(undefined, signal())).entries).toSorted()).toEqual([
          'after',
          ...kept,
        ])
      }),
      { numRuns: 30 },
    )
  })

  it('reads a line in the end that another process was about to write, once it is whole', async () => {
    const directory = await temporary()
    const encoded = encodeEntry(1, 'other', [changed('a')])
    const line = encoded._tag === 'Line' ? encoded.line : ''
    const file = join(directory, 'other-00000001.jsonl')
    await writeFile(file, line.slice(0, 50))
    const reader = directoryJournal({ directory })
    const first = await reader.catchUp(undefined, signal())
    expect(first.entries).toEqual([])
    await appendFile(file, line.slice(50))
    const second = await reader.catchUp(first.position, signal())
    expect(second.entries).toEqual([])
    await appendFile(file, '\n')
    expect(idsIn((await reader.catchUp(second.position, signal())).entries)).toEqual(['a'])
  })

  it('fails while the disk is full, leaves no litter, and goes on when there is room again', async () => {
    const directory = await temporary()
    let isFull = false
    const journal = overAccess(directory, (call) =>
      isFull
        ? Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }))
        : call(),
    )
    await journal.append([entry('before')], signal())
    isFull = true
    for (let i = 0; i < 5; i++)
      await expect(journal.append([entry('full')], signal())).rejects.toThrow('no space left')
    isFull = false
    await journal.append([entry('after')], signal())
    expect(idsIn((await journal.catchUp(undefined, signal())).entries).toSorted()).toEqual([
      'after',
      'before',
    ])
    expect(await readdir(directory)).toHaveLength(2)
  })

  it('deletes files that a checkpoint holds after the retention, but none that a writer has open', async () => {
    const directory = await temporary()
    const clock = virtualClock(Date.now())
    const open = () => directoryJournal({ directory, fsync: false, clock })
    const [old, current] = [open(), open()]
    await old.append([entry('old')], signal())
    const [oldFile = ''] = await readdir(directory)
    const { position: start } = await current.catchUp(undefined, signal())
    await current.amend(entry('amended'), start, signal())
    await current.append([entry('new')], signal())
    const longAgo = (Date.now() - 8 * day) / 1000
    for (const name of await readdir(directory)) await utimes(join(directory, name), longAgo, longAgo)
    const { position, entries } = await current.catchUp(start, signal())
    expect(idsIn(entries).toSorted()).toEqual(['amended', 'new'])
    await current.checkpoint(['old', 'new', 'amended'].map(changed), position, signal())
    expect((await readdir(directory)).toSorted()).toEqual([
      'amendment.00000001.jsonl',
      'checkpoint.00000001.gz',
    ])

    // Both writers still have their files open: what they append must not go to a file that is no longer there.
    await old.append([entry('woken')], signal())
    await current.append([entry('later')], signal())
    expect(await readdir(directory)).not.toContain(oldFile)
    const read = await current.catchUp(position, signal())
    expect(idsIn(read.entries).toSorted()).toEqual(['later', 'woken'])
    expect(idsIn((await open().catchUp(undefined, signal())).entries).toSorted()).toEqual(
      ['amended', 'later', 'new', 'old', 'woken'].toSorted(),
    )
  })

  it('says what to do about a checkpoint that is damaged, and does not start without it', async () => {
    const directory = await temporary()
    const journal = directoryJournal({ directory, fsync: false })
    await journal.append([entry('a')], signal())
    const { position } = await journal.catchUp(undefined, signal())
    await journal.checkpoint([changed('a')], position, signal())
    const file = join(directory, 'checkpoint.00000001.gz')
    const whole = await readFile(file)
    const { entries } = await journal.catchUp(undefined, signal())
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const damaged = Buffer.from(whole)
        damaged[at]! ^= by
        await writeFile(file, damaged)
        // Some bits of gzip mean nothing.
        const read = await journal.catchUp(undefined, signal()).catch((thrown: unknown) => String(thrown))
        if (typeof read === 'string')
          expect(read).toContain('the newest checkpoint, checkpoint.00000001.gz, cannot be read')
        else expect(read.entries).toEqual(entries)
        await truncate(file, at)
        await expect(journal.catchUp(undefined, signal())).rejects.toThrow(
          'Restore the directory from a backup',
        )
      }),
      { numRuns: 50 },
    )
  })
})
