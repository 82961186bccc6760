/** The disk in memory does for the journal in a directory what a real one does: the same contract, and the same errors. */
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type Access, journalContract } from 'ecs-task-stream/testing'
import fc from 'fast-check'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { DirectoryJournal } from '../../src/journal/directory/directory-journal.js'
import { type Disk, machineDisk } from '../../src/journal/directory/disk.js'
import { JournalFiles } from '../../src/journal/directory/journal-files.js'
import { DiskContent } from '../../simulate/disk/disk-content.js'
import { SimulatedDisk } from '../../simulate/disk/simulated-disk.js'
import { contractRuns } from '../laws/runs.js'
import { observed } from '../support/observed-task.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { virtualClock } from '../support/virtual-clock.js'

const day = 86_400_000
const temporary = temporaryDirectories()

/** A disk on which nothing goes wrong. */
const diskOver = (
  content: DiskContent,
  wait: (call: string) => Promise<void> = () => Promise.resolve(),
): Disk =>
  new SimulatedDisk(content, {
    now: () => Date.now(),
    access: async (call, _path, make) => {
      await wait(call)
      return make()
    },
    room: (_, bytes) => bytes,
    writing: () => () => undefined,
  })

journalContract(
  'directoryJournal on the disk in memory',
  () => {
    const content = new DiskContent()
    const clock = virtualClock()
    const over = (access: Access) =>
      new DirectoryJournal({
        files: new JournalFiles({
          directory: '/journal',
          fsync: true,
          newId: randomUUID,
          access,
          disk: diskOver(content),
        }),
        retentionMs: 7 * day,
        maxBytes: 1_000,
        clock,
        newId: randomUUID,
      })
    return Promise.resolve({
      open: () => over((call) => call()),
      openFaulty: over,
      advance: (ms: number) => clock.advance(ms),
      dispose: () => Promise.resolve(),
    })
  },
  { runs: contractRuns(30) },
)

const names = ['a', 'b'] as const
type Step = readonly [
  call: 'append' | 'create' | 'link' | 'read' | 'readdir' | 'stat' | 'unlink',
  from: (typeof names)[number],
  to: (typeof names)[number],
]

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('append', 'create', 'link', 'read', 'readdir', 'stat', 'unlink'),
  fc.constantFrom(...names),
  fc.constantFrom(...names),
)

/** What a call answers, or the code of its error. */
const outcomeOf = async (
  disk: Disk,
  directory: string,
  [call, from, to]: Step,
  text: string,
): Promise<unknown> => {
  const path = join(directory, from)
  const opened = async <A>(
    flags: string | number,
    use: (file: Awaited<ReturnType<Disk['open']>>) => Promise<A>,
  ) => {
    const file = await disk.open(path, flags, 0o600)
    try {
      return await use(file)
    } finally {
      await file.close()
    }
  }
  try {
    switch (call) {
      case 'append':
        return await opened(constants.O_WRONLY | constants.O_APPEND, async (file) => {
          await file.appendFile(text)
          await file.datasync()
          return (await file.stat()).nlink
        })
      case 'create':
        return await opened('ax', () => Promise.resolve('created'))
      case 'link': {
        await disk.link(path, join(directory, to))
        return
      }
      case 'read':
        return await opened('r', async (file) => {
          const { signal } = new AbortController()
          const chunks: Buffer[] = []
          for await (const chunk of file.createReadStream({ start: 1, autoClose: false, signal }))
            if (Buffer.isBuffer(chunk)) chunks.push(chunk)
          return Buffer.concat(chunks).toString()
        })
      case 'readdir':
        return (await disk.readdir(directory)).sort()
      case 'stat':
        return (await disk.stat(path)).size
      case 'unlink': {
        await disk.unlink(path)
        return
      }
    }
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? thrown.code : thrown
  }
}

describe('SimulatedDisk', () => {
  it('answers each call as the real disk does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.boolean(), async (steps, isThere) => {
        const inMemory = diskOver(new DiskContent())
        const directory = join(await temporary(), 'journal')
        for (const disk of [machineDisk, inMemory])
          if (isThere) await disk.mkdir(directory, { recursive: true, mode: 0o700 })
        for (const [i, one] of steps.entries())
          expect(await outcomeOf(inMemory, directory, one, `text ${i}`)).toEqual(
            await outcomeOf(machineDisk, directory, one, `text ${i}`),
          )
      }),
    )
  })

  it('keeps what was synced when the power fails, and a beginning of the rest', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(5),
        fc.nat(5),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        async (synced, more, share) => {
          const content = new DiskContent()
          const disk = diskOver(content)
          await disk.mkdir('/journal', { recursive: true, mode: 0o700 })
          const file = await disk.open('/journal/a', 'ax')
          await (await disk.open('/journal', 'r')).sync()
          await file.appendFile('x'.repeat(synced))
          await file.datasync()
          await file.appendFile('y'.repeat(more))
          content.failPower(() => share)
          const { size } = await disk.stat('/journal/a')
          expect(size).toBeGreaterThanOrEqual(synced)
          expect(size).toBeLessThanOrEqual(synced + more)
        },
      ),
    )
  })

  it('has a journal settle what it reads, because its writer may be waiting for the disk yet', async () => {
    const content = new DiskContent()
    const over = (disk: Disk) =>
      new DirectoryJournal({
        files: new JournalFiles({
          directory: '/journal',
          fsync: true,
          newId: randomUUID,
          access: (call) => call(),
          disk,
        }),
        retentionMs: 7 * day,
        maxBytes: 1_000,
        clock: virtualClock(),
        newId: randomUUID,
      })
    const { signal } = new AbortController()
    const slow = over(
      diskOver(content, (call) => (call === 'fdatasync' ? new Promise(() => undefined) : Promise.resolve())),
    )
    const entry = {
      at: 1,
      source: 'some',
      events: [{ _tag: 'TaskChanged', task: observed({ id: 'a' }) }],
    } as const
    void slow.append([entry], signal)
    const reader = over(diskOver(content))
    await vi.waitFor(async () => expect((await reader.catchUp(undefined, signal)).entries).toEqual([entry]))
    content.failPower(() => 0)
    expect((await over(diskOver(content)).catchUp(undefined, signal)).entries).toEqual([entry])
  })

  it('loses a name that was not synced when the power fails', async () => {
    const content = new DiskContent()
    const disk = diskOver(content)
    await disk.mkdir('/journal', { recursive: true, mode: 0o700 })
    await disk.open('/journal/a', 'ax')
    content.failPower(() => 0)
    expect(await disk.readdir('/journal')).toEqual([])
  })
})
