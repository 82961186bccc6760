import { Agent, get } from 'node:http'
import { pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import { BehaviorSubject } from 'rxjs'
import { type ClusterState, emptyState, reduce, systemClock, type Task } from 'ecs-task-stream'
import { idMapper, TaskIndex } from '../src/id-mapper/index.js'
import { containerAttributes } from '../src/id-mapper/links/container-urls.js'
import { findContainers, findTask } from '../src/id-mapper/index/find.js'
import { links } from '../src/id-mapper/links/links.js'
import { listTasks } from '../src/id-mapper/routes/listing.js'
import { type Effort, fullEffort } from './effort.js'
import { medianOf } from './spread.js'
import { against, each, heading, race, table, type Timing } from './stopwatch.js'
import { changed, clusterArn, task } from './synthetic.js'

const SIZES = [1_000, 100_000] as const
const TASKS_A_SERVICE = 100
const QUESTIONS = 20_000
const REQUESTS = 4_000
const CONNECTIONS = 32

/** As Docker names containers: 64 characters, of which the first ones differ. */
const runtimeId = (index: number): string =>
  Array.from({ length: 8 }, (_, i) =>
    ((((index + 1) * 2_654_435_761 + i * 40_503) % 2 ** 32) >>> 0).toString(16).padStart(8, '0'),
  ).join('')

const ids = Array.from({ length: Math.max(...SIZES) }, (_, index) => runtimeId(index))
const idOf = (index: number): string => ids[index]!

const running = (index: number, version: number, status = 'RUNNING'): Task => {
  const made = task(index, Math.floor(index / TASKS_A_SERVICE), version, status)
  return { ...made, containers: made.containers.map((one) => ({ ...one, runtimeId: idOf(index) })) }
}

const arns = Array.from({ length: Math.max(...SIZES) }, (_, index) => task(index, 0, 1).arn)
const arnOf = (index: number): string => arns[index]!

const stateOf = (size: number): ClusterState => {
  let state = reduce(emptyState, { _tag: 'TasksListed', cluster: clusterArn, at: 0, tasks: [] })
  for (let i = 0; i < size; i++) state = reduce(state, changed(running(i, 1)))
  return state
}

const indexOf = (state: ClusterState): TaskIndex => {
  const index = new TaskIndex({ clusters: ['bench'], keepMs: 86_400_000, keepTasks: 50_000 })
  index.follow(state, 0)
  return index
}

const urls = links()

const paths: readonly (readonly [string, (n: number) => string])[] = [
  ['/query/container_id/<id>', (n) => `/query/container_id/${idOf(n)}`],
  ['/query/container_id/<12 letters>/_all', (n) => `/query/container_id/${idOf(n).slice(0, 12)}/_all`],
]

/** What a caller of the index asks, about the `n`-th of so many tasks. */
const questions: Readonly<Record<string, (index: TaskIndex, n: number) => boolean>> = {
  'container id → task': (index, n) => findContainers(index, idOf(n))._tag === 'Found',
  'first 12 characters → task': (index, n) => findContainers(index, idOf(n).slice(0, 12))._tag === 'Found',
  'first 16 characters of a task id → task': (index, n) =>
    findTask(index, arnOf(n).slice(-32, -16))._tag === 'Found',
  'container id → all attributes': (index, n) => {
    const found = findContainers(index, idOf(n))
    return found._tag === 'Found' && found.value.every((one) => containerAttributes(urls, one).task_id !== '')
  },
  'a page of 100 tasks of a service': (index, n) =>
    listTasks(index, { service: `service-${Math.floor(n / TASKS_A_SERVICE)}` }, { limit: 100 })?.items
      .length === 100,
}

/** A search among a hundred times as many takes some more steps, through memory that is no longer in the cache. */
const searchAim = 3

const rows = (
  name: string,
  timings: readonly Timing[],
  count: number,
  aim = 2,
): readonly [string, string] => {
  const [small, large] = timings
  return [
    name,
    `${each(small!.wall, count).padEnd(28)} ${each(large!.wall, count).padEnd(28)} ${against(large!.wall, small!.wall, aim).padEnd(48)} ${Math.round((count / medianOf(large!.wall)) * 1000).toLocaleString('en')} a second`,
  ]
}

/** All requests over a few connections that stay open; resolves when the last is answered. */
const ask = async (agent: Agent, base: string, pathOf: (n: number) => string): Promise<void> => {
  let next = 0
  const one = (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      get(`${base}${path}`, { agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode ?? '?'}`))
        response.resume().once('end', resolve)
      }).once('error', reject)
    })
  const connection = async (): Promise<void> => {
    while (next < REQUESTS) await one(pathOf(next++))
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
}

const serving = async (state: ClusterState) => {
  const server = Fastify({ routerOptions: { maxParamLength: 512 } })
  const state$ = new BehaviorSubject(state)
  server.register(idMapper({ worker: { state$ }, clusters: ['bench'], clock: systemClock }))
  server.get('/bare', (_request, reply) => reply.type('text/plain').send('bare'))
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  return {
    url,
    close: async () => {
      state$.complete()
      await server.close()
    },
  }
}

/** What a question costs, and an event, must not grow with the number of tasks. */
export const benchIdMapper = async (effort: Effort = fullEffort): Promise<void> => {
  const rounds = effort.rounds(5)
  const cases = SIZES.map((size) => {
    globalThis.gc?.()
    const state = stateOf(size)
    const before = process.memoryUsage().heapUsed
    const index = indexOf(state)
    globalThis.gc?.()
    return { size, state, index, bytes: (process.memoryUsage().heapUsed - before) / size }
  })

  heading('The index of the id mapper: what a question costs with 1,000 and with 100,000 tasks')
  const answers: (readonly [string, string])[] = []
  for (const [name, question] of Object.entries(questions)) {
    const count = name.startsWith('a page') ? QUESTIONS / 100 : QUESTIONS
    const timings = await race(
      cases.map(({ size, index }) => ({
        name: String(size),
        run: () => {
          for (let i = 0; i < count; i++)
            if (!question(index, (i * 7919) % size)) throw new Error(`${name} is not answered`)
        },
      })),
      rounds,
    )
    answers.push(rows(name, timings, count, searchAim))
  }
  table(answers)

  heading('The index of the id mapper: what an event costs')
  // One in five tasks changes back and forth with each of its events: a fifth of the events are visible, for either size.
  const events = cases.map(({ size }) =>
    Array.from({ length: QUESTIONS }, (_, i) => {
      const index = (i * 7919) % size
      const visit = 2 + Math.floor(i / size)
      return changed(running(index, visit, index % 5 === 0 && visit % 2 === 0 ? 'PENDING' : 'RUNNING'))
    }),
  )
  // And back again, so that the next round begins where this one did.
  const states = cases.map(({ state }, i) => {
    let now = state
    const forth = events[i]!.map((event) => (now = reduce(now, event)))
    return [...forth, ...forth.toReversed(), state]
  })
  const folds = await race(
    cases.map(({ size, state }, i) => ({
      name: String(size),
      run: () => void events[i]!.reduce(reduce, state),
    })),
    rounds,
  )
  const follows = await race(
    cases.map(({ size, index }, i) => ({
      name: String(size),
      run: () => {
        for (const state of states[i]!) index.follow(state, 0)
      },
    })),
    rounds,
  )
  table([
    rows('fold alone', folds, QUESTIONS),
    rows('index, after each event', follows, 2 * QUESTIONS),
    ['memory of the index', `${Math.round(cases.at(-1)!.bytes)} bytes a task, in addition to the state`],
  ])

  heading(`The id mapper over HTTP: ${CONNECTIONS} connections, asked from the same process`)
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const servers = await Promise.all(cases.map(({ state }) => serving(state)))
  const [small, large] = servers
  const answered: (readonly [string, string])[] = []
  for (const [name, pathOf] of paths) {
    // The bare route goes first: it pays for what a round begins with.
    const [bare, ...timings] = await race(
      [
        { name: 'bare', run: () => ask(agent, small!.url, () => '/bare') },
        { name: '1,000', run: () => ask(agent, small!.url, (n) => pathOf((n * 7919) % SIZES[0])) },
        { name: '100,000', run: () => ask(agent, large!.url, (n) => pathOf((n * 7919) % SIZES[1])) },
      ],
      rounds,
    )
    const [left, right] = rows(name, timings, REQUESTS)
    answered.push([left, `${right}, ${against(timings[1]!.wall, bare!.wall)} of a route that does nothing`])
  }
  table(answered)
  agent.destroy()
  await Promise.all(servers.map((server) => server.close()))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await benchIdMapper()
