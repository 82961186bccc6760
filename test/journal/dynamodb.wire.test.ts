import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { ClusterEvent, Journal, JournalEntry } from 'ecs-task-stream'
import { dynamoDbJournal, type DynamoDbJournalOptions } from 'ecs-task-stream/journals/dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { observed } from '../support/observed-task.js'
import { type VirtualClock, virtualClock } from '../support/virtual-clock.js'

const table = 'journals'
const day = 86_400_000
const signal = (): AbortSignal => new AbortController().signal

const changed = (id: string): ClusterEvent => ({ _tag: 'TaskChanged', task: observed({ id }) })
const entry = (id: string): JournalEntry => ({ at: 1, source: 'some', events: [changed(id)] })

const idsIn = (entries: readonly JournalEntry[]): readonly string[] =>
  entries.flatMap(({ events }) =>
    events.flatMap((event) => (event._tag === 'TaskChanged' ? [event.task.arn.split('/').at(-1) ?? ''] : [])),
  )

/** Holds every request until it is let go. */
class Gate {
  private waiting: (() => void)[] = []
  private isOpen = false
  /** Requests that wait. */
  get held(): number {
    return this.waiting.length
  }

  through(client: DynamoDBClient): DynamoDBClient {
    client.middlewareStack.add(
      (next) => async (args) => {
        if (!this.isOpen) await new Promise<void>((resolve) => this.waiting.push(resolve))
        return next(args)
      },
      { step: 'finalizeRequest', priority: 'high' },
    )
    return client
  }

  letOne(): void {
    this.waiting.shift()?.()
  }

  open(): void {
    this.isOpen = true
    for (const letGo of this.waiting.splice(0)) letGo()
  }
}

describe('dynamoDbJournal', () => {
  let dynamo: EmbeddedDynamoDb
  let clock: VirtualClock
  let made = 0
  beforeAll(async () => {
    dynamo = await embeddedDynamoDb()
    await dynamo.createJournalTable(table)
  })
  afterAll(() => dynamo.close())

  /** An empty journal, for any number of workers. */
  const journals = () => {
    const name = `journal-${++made}`
    clock = virtualClock(Date.UTC(2026, 0, 1))
    const open = (options: Partial<DynamoDbJournalOptions> = {}): Journal =>
      dynamoDbJournal({ table, name, clock, client: dynamo.client(), ...options })
    return { name, open }
  }

  /** A writer that has reserved a number, and has not put its entry there. */
  const stopped = async (open: ReturnType<typeof journals>['open'], id: string) => {
    const gate = new Gate()
    const appended = open({ client: gate.through(dynamo.client()) }).append([entry(id)], signal())
    await expect.poll(() => gate.held).toBe(1)
    gate.letOne()
    await expect.poll(() => gate.held).toBe(1)
    return { appended, goOn: () => gate.open() }
  }

  it('waits for a writer that is slow, and returns what came after it', async () => {
    const { open } = journals()
    const slow = await stopped(open, 'slow')
    await open().append([entry('quick')], signal())
    const reader = open()
    const first = await reader.catchUp(undefined, signal())
    expect(idsIn(first.entries)).toEqual(['quick'])
    const second = await reader.catchUp(first.position, signal())
    expect(idsIn(second.entries)).toEqual([])
    slow.goOn()
    await slow.appended
    const third = await reader.catchUp(second.position, signal())
    expect(idsIn(third.entries)).toEqual(['slow'])
    expect(idsIn((await reader.catchUp(third.position, signal())).entries)).toEqual([])
  })

  it('loses no entry of writers that come late, whoever has closed their places, and waits for no dead one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('late', 'dead', 'quick'), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        async (writers, readers) => {
          const { open } = journals()
          const late: Awaited<ReturnType<typeof stopped>>[] = []
          for (const [i, how] of writers.entries())
            if (how === 'quick') await open().append([entry(`${i}`)], signal())
            else late.push(await stopped(open, `${i}`))
          await open().append([entry('last')], signal())
          const all = await Promise.all(
            Array.from({ length: readers }, async () => {
              const reader = open()
              const first = await reader.catchUp(undefined, signal())
              return { reader, seen: [...idsIn(first.entries)], position: first.position }
            }),
          )
          const readOn = () =>
            Promise.all(
              all.map(async (one) => {
                const { entries, position } = await one.reader.catchUp(one.position, signal())
                one.seen.push(...idsIn(entries))
                one.position = position
              }),
            )
          await clock.advance(5_000)
          await readOn()
          await readOn()
          // All gaps are closed: nothing is read twice from here.
          for (const { position } of all)
            expect(JSON.parse(position)).toMatchObject({ entry: writers.length + 1 })
          for (const [i, { appended, goOn }] of late.entries())
            if (writers.filter((how) => how !== 'quick')[i] === 'late') {
              goOn()
              await appended
            }
          await readOn()
          const expected = [...writers.flatMap((how, i) => (how === 'dead' ? [] : [`${i}`])), 'last'].sort()
          for (const { seen } of all) expect(seen.toSorted()).toEqual(expected)
          for (const { goOn } of late) goOn()
          await Promise.all(late.map(({ appended }) => appended))
        },
      ),
      { numRuns: 15 },
    )
  })

  it('begins again with the newest checkpoint if entries after the position have expired', async () => {
    const { open } = journals()
    const [writer, sleeper] = [open(), open()]
    await writer.append([entry('a')], signal())
    const { position } = await sleeper.catchUp(undefined, signal())
    await writer.append([entry('b')], signal())
    const read = await writer.catchUp(position, signal())
    await writer.checkpoint([changed('a'), changed('b')], read.position, signal())
    await writer.append([entry('c')], signal())

    await clock.advance(4 * day)
    const woken = await sleeper.catchUp(position, signal())
    expect(woken.entries[0]?.source).toBe('checkpoint')
    expect(idsIn(woken.entries)).toEqual(['a', 'b', 'c'])
    expect(await sleeper.amend(entry('late'), position, signal())).toBe(false)
  })

  it('says what to do about a checkpoint that is damaged, and does not start without it', async () => {
    const { open, name } = journals()
    const journal = open()
    await journal.append([entry('a')], signal())
    const { position } = await journal.catchUp(undefined, signal())
    await journal.checkpoint([changed('a')], position, signal())
    const { DeleteItemCommand, QueryCommand } = await import('@aws-sdk/client-dynamodb')
    const client = dynamo.client()
    const partition = { ':journal': { S: `${name}/checkpoint` } }
    const { Items: [head] = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'journal = :journal',
        ExpressionAttributeValues: partition,
      }),
    )
    const parts = `${name}/checkpoint/${head?.['id']?.S}`
    await client.send(
      new DeleteItemCommand({ TableName: table, Key: { journal: { S: parts }, number: { N: '1' } } }),
    )
    await expect(open().catchUp(undefined, signal())).rejects.toThrow(
      /newest checkpoint of journal .* is damaged.*Restore the table from a backup/,
    )
    expect((await journal.catchUp(position, signal())).entries).toEqual([])
  })

  it('deletes checkpoints that were replaced, and those whose worker died, but not at once', async () => {
    const { open, name } = journals()
    const journal = open()
    const { ScanCommand } = await import('@aws-sdk/client-dynamodb')
    const checkpoints = async (): Promise<number> => {
      const { Items = [] } = await dynamo.client().send(new ScanCommand({ TableName: table }))
      const names = Items.map((item) => item['journal']?.S ?? '')
      return new Set(names.filter((each) => each.startsWith(`${name}/checkpoint/`))).size
    }
    for (let i = 1; i <= 5; i++) {
      await journal.append([entry(`${i}`)], signal())
      const { position } = await journal.catchUp(undefined, signal())
      if (i === 2) {
        const gate = new Gate()
        const dying = open({ client: gate.through(dynamo.client()) })
        void dying.checkpoint([changed('dying')], position, signal())
        for (const _ of ['attempt', 'part']) {
          await expect.poll(() => gate.held).toBe(1)
          gate.letOne()
        }
        await expect.poll(() => gate.held).toBe(1)
      }
      await journal.checkpoint([changed(`${i}`)], position, signal())
    }
    expect(await checkpoints()).toBe(6)
    await clock.advance(3_600_000)
    await journal.append([entry('6')], signal())
    const { position } = await journal.catchUp(undefined, signal())
    await journal.checkpoint([changed('6')], position, signal())
    expect(await checkpoints()).toBe(1)
    expect(idsIn((await open().catchUp(undefined, signal())).entries)).toEqual(['6'])
  })

  it('keeps journals of one table apart', async () => {
    const [one, other] = [journals(), journals()]
    await one.open().append([entry('a')], signal())
    expect((await other.open().catchUp(undefined, signal())).entries).toEqual([])
  })

  it('says what is wrong with the table, and with its options', async () => {
    const journal = dynamoDbJournal({ table: 'nowhere', name: 'a', client: dynamo.client() })
    await expect(journal.catchUp(undefined, signal())).rejects.toThrow(
      /no DynamoDB table "nowhere" in us-east-1: create it with the string partition key "journal"/,
    )
    for (const options of [{ name: 'a/b' }, { name: '' }, { retentionDays: 0 }, { gapMs: -1 }])
      expect(() => dynamoDbJournal({ table, name: 'a', client: dynamo.client(), ...options })).toThrow(
        RangeError,
      )
  })
})
