import { deepStrictEqual, ok } from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { reduce } from '../../src/core/reduce.js'
import { ChangeFeed } from '../../src/id-mapper/changes/change-feed.js'
import { EventStreams, type EventStreamsOptions } from '../../src/id-mapper/changes/event-streams.js'
import type { Query } from '../../src/id-mapper/openapi/operation.js'
import type { TaskIndex } from '../../src/id-mapper/index/task-index.js'
import { clientAddress } from '../../src/shared/http/client-address.js'
import { histories } from '../../src/testing/histories.js'
import { runs } from '../laws/runs.js'
import { type ServerSentEvent, serverSentEvents } from '../support/server-sent-events.js'
import { indexOf } from './indexed.js'

let server: Server
let url: string
/** What the server streams from. */
let streams: EventStreams
let query: Query = {}
const responses: ServerResponse[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    responses.push(response)
    const lastEventId = request.headers['last-event-id']
    const answer = streams.answer({
      params: {},
      query,
      lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
      address: clientAddress(request.socket),
    })
    if (answer._tag === 'Stream') answer.open(response)
    else response.writeHead(503).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const world = ({
  feedSize = 1_000,
  keepTasks = 3,
  ...options
}: Partial<EventStreamsOptions> & { readonly feedSize?: number; readonly keepTasks?: number } = {}) => {
  const index = indexOf([], { keepTasks })
  const feed = new ChangeFeed('run1', feedSize)
  streams = new EventStreams({ index, feed, maxClients: 10, ...options })
  let state = emptyState
  return {
    index,
    feed,
    happens: (events: readonly ClusterEvent[], now = 0): void => {
      for (const event of events) feed.push(index.follow((state = reduce(state, event)), now))
    },
  }
}

const phasesOf = (index: TaskIndex): Map<string, string> =>
  new Map(Array.from(index.tasks.from(), ({ arn, phase }) => [arn, phase]))

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging'

const taskEvent = (id: string, version: number, lastStatus = 'RUNNING', service = 'web'): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: {
    arn: `arn:aws:ecs:eu-west-1:123456789012:task/staging/${id}`,
    cluster,
    group: `service:${service}`,
    definition: undefined,
    instance: undefined,
    launchType: undefined,
    capacityProvider: undefined,
    zone: undefined,
    startedBy: undefined,
    createdAt: undefined,
    version,
    at: version,
    lastStatus,
    desiredStatus: lastStatus,
    interface: undefined,
    containers: [],
    health: undefined,
  },
})

describe('the stream of changes', () => {
  it('leaves no gap for who is cut off and comes back, or says that there is one', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories(),
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.record({ events: fc.integer({ min: 1, max: 12 }), cuts: fc.boolean() }), {
          maxLength: 6,
        }),
        async ({ events }, feedSize, steps) => {
          const { index, feed, happens } = world({ feedSize })
          let known = phasesOf(index)
          let lastId = feed.idOf(feed.newest)
          const apply = ({ event, data }: ServerSentEvent): void => {
            const task = JSON.parse(data) as { readonly arn: string; readonly phase: string }
            if (event === 'reset') known = phasesOf(index)
            else if (event === 'removed') known.delete(task.arn)
            else known.set(task.arn, task.phase)
          }
          const open = () => serverSentEvents(url, { 'last-event-id': lastId })
          let stream = await open()
          const leave = async (): Promise<void> => {
            // Who leaves before the server has said where it is would have to list anew.
            await stream.until(() => stream.lastId !== '')
            await stream.close()
            stream.events.splice(0).forEach(apply)
            lastId = stream.lastId
          }
          let left = events
          for (const { events: many, cuts } of [...steps, { events: events.length, cuts: true }]) {
            if (cuts) await leave()
            happens(left.slice(0, many))
            left = left.slice(many)
            if (cuts) stream = await open()
          }
          // Who was left behind while connected is told so, and let go: a browser comes again by itself.
          for (let isThere = false; !isThere;) {
            isThere = await stream
              .until(() => stream.lastId === feed.idOf(feed.newest))
              .then(
                () => true,
                () => false,
              )
            await leave()
            if (!isThere) stream = await open()
          }
          deepStrictEqual(known, phasesOf(index))
        },
      ),
      { numRuns: Math.min(runs, 100) },
    )
  })

  it('numbers are of one run: those of another, of the future and of the past are unknown', () => {
    const feed = new ChangeFeed('run1', 3)
    const index = indexOf([])
    let state = emptyState
    for (let i = 1; i <= 5; i++) feed.push(index.follow((state = reduce(state, taskEvent(`t${i}`, 1))), 0))
    expect(feed.idOf(feed.newest)).toBe('run1-5')
    expect(['run1-5', 'run1-3', 'run1-2'].map((id) => feed.numberOf(id))).toEqual([5, 3, 2])
    for (const id of ['run1-1', 'run1-6', 'run2-5', 'run1-', '', 'run1-5x', '5', 'run1-99999999999999999999'])
      expect(feed.numberOf(id)).toBeUndefined()
    expect([1, 2, 3, 4, 5, 6].map((number) => feed.at(number)?.record.id)).toEqual([
      undefined,
      undefined,
      't3',
      't4',
      't5',
      undefined,
    ])
  })

  it('drops a client that does not read, and buffers nothing for it', async () => {
    const onDropped = vi.fn()
    const { happens, index } = world({ feedSize: 500, onDropped })
    happens([taskEvent('a', 1)])
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    // It asks, and never takes what is said.
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    socket.pause()
    await vi.waitUntil(() => streams.size === 1)
    const response = responses.at(-1)!
    let most = 0
    for (let version = 2; streams.size > 0; version++) {
      happens([taskEvent('a', version, version % 2 === 0 ? 'PENDING' : 'RUNNING')])
      most = Math.max(most, response.writableLength)
      if (version % 100 === 0) await new Promise(setImmediate)
    }
    expect(onDropped).toHaveBeenCalledTimes(1)
    expect(response.destroyed).toBe(true)
    // One event beyond the mark at which Node says that it is enough.
    ok(most < 64_000, String(most))
    expect(index.tasks.size).toBe(1)
  })

  it('takes no more clients than it may, and others when they have left', async () => {
    world({ maxClients: 2 })
    const [first] = [await serverSentEvents(url), await serverSentEvents(url)]
    expect((await serverSentEvents(url)).status).toBe(503)
    await first.close()
    await vi.waitUntil(() => streams.size === 1)
    expect((await serverSentEvents(url)).status).toBe(200)
  })

  it('shows that it lives, and where it is, also to clients that get no changes', async () => {
    const { happens, feed } = world()
    query = { service: 'api' }
    onTestFinished(() => {
      query = {}
    })
    const stream = await serverSentEvents(url)
    happens([taskEvent('a', 1), taskEvent('b', 1)])
    streams.beat()
    await stream.until(() => stream.comments.length > 0)
    expect(stream.comments).toEqual([': heartbeat\nid: run1-2'])
    expect(stream.lastId).toBe(feed.idOf(2))
    expect(stream.events).toEqual([])
    happens([taskEvent('c', 1, 'RUNNING', 'api')])
    await stream.until(() => stream.events.length > 0)
    expect(stream.events[0]).toMatchObject({ event: 'added', id: 'run1-3' })
  })

  it('ends for all clients when it is closed, and accepts no new ones', async () => {
    world()
    const stream = await serverSentEvents(url)
    streams.close()
    await stream.over
    expect((await serverSentEvents(url)).status).toBe(503)
  })
})

describe('the places of the stream', () => {
  it('are shared by addresses: one that holds all gives up its oldest, and keeps as many as another', async () => {
    world({ maxClients: 4 })
    const opened = async (localAddress: string) => {
      const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress })
      onTestFinished(() => void socket.destroy())
      let text = ''
      socket.on('data', (data) => (text += data.toString()))
      socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
      await vi.waitUntil(() => text.includes('\r\n\r\n'))
      return { status: Number(text.slice(9, 12)), isOver: () => text.endsWith('0\r\n\r\n') }
    }
    const flood: Awaited<ReturnType<typeof opened>>[] = []
    for (let i = 0; i < 4; i++) flood.push(await opened('127.0.0.2'))
    expect((await opened('127.0.0.2')).status).toBe(503)
    const others = [await opened('127.0.0.3'), await opened('127.0.0.3'), await opened('127.0.0.3')]
    expect(others.map(({ status }) => status)).toEqual([200, 200, 503])
    await vi.waitUntil(() => flood[1]?.isOver() === true)
    expect(flood.map(({ isOver }) => isOver())).toEqual([true, true, false, false])
    expect(streams.size).toBe(4)
  })
})
