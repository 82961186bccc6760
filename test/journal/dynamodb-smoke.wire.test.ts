import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { stateEvents } from '../../src/core/state-events.js'
import { dynamoDbJournal } from '../../src/journal/dynamodb/index.js'
import { fold, stateContents } from '../laws/observed.js'
import { cluster, observed } from '../support/observed-task.js'

const signal = new AbortController().signal
describe('dynamoDbJournal', () => {
  let dynamo: EmbeddedDynamoDb
  beforeAll(async () => {
    dynamo = await embeddedDynamoDb()
    await dynamo.createJournalTable('journals')
  })
  afterAll(() => dynamo.close())

  it('works', async () => {
    const make = () => dynamoDbJournal({ table: 'journals', name: 'a', client: dynamo.client() })
    const [a, b] = [make(), make()]
    const event = (id: string): ClusterEvent => ({ _tag: 'TaskChanged', task: observed({ id }) })
    const entry = (id: string) => ({ at: 1, source: 's', events: [event(id)] })
    await a.append([entry('1')], signal)
    await b.append([entry('2'), entry('3')], signal)
    const first = await a.catchUp(undefined, signal)
    expect(first.entries).toEqual([entry('1'), entry('2'), entry('3')])
    expect(await a.amend(entry('4'), first.position, signal)).toBe(true)
    expect(await b.amend(entry('5'), first.position, signal)).toBe(false)
    const second = await b.catchUp(first.position, signal)
    expect(second.entries).toEqual([entry('4')])
    const many: ClusterEvent = {
      _tag: 'TasksListed',
      cluster,
      at: 1,
      order: 1,
      tasks: Array.from({ length: 20_000 }, (_, i) => observed({ id: `${i}-${Math.random()}` })),
    }
    expect(await b.amend({ at: 1, source: 's', events: [many] }, second.position, signal)).toBe(true)
    const third = await a.catchUp(second.position, signal)
    expect(third.entries).toEqual([{ at: 1, source: 's', events: [many] }])
    const state = fold([event('1'), event('2'), event('3'), event('4'), many])
    await a.checkpoint(stateEvents(state), third.position, signal)
    await b.append([entry('6')], signal)
    const fresh = await make().catchUp(undefined, signal)
    expect(fresh.entries).toHaveLength(2)
    expect(fresh.entries[1]).toEqual(entry('6'))
    expect(stateContents(fold(fresh.entries[0]!.events.slice(0, -1) as ClusterEvent[]))).toEqual(
      stateContents(state),
    )
    expect(await a.lease('x', 1000, signal)).toBe(true)
    expect(await b.lease('x', 1000, signal)).toBe(false)
    expect(await a.lease('x', 1000, signal)).toBe(true)
  })
})
