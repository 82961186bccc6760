import Fastify from 'fastify'
import { BehaviorSubject } from 'rxjs'
import { expect, it, onTestFinished } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { reduce } from '../../src/core/reduce.js'
import type { Task } from '../../src/core/task.js'
import { idMapper } from '../../src/id-mapper/index.js'
import { virtualClock } from '../support/virtual-clock.js'

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging'
const began = Date.UTC(2026, 0, 1)
const day = 86_400_000

const stopped = (id: string, at: number): Task => ({
  arn: `arn:aws:ecs:eu-west-1:123456789012:task/staging/${id}`,
  cluster,
  version: 3,
  at,
  lastStatus: 'STOPPED',
  desiredStatus: 'STOPPED',
  health: undefined,
  group: 'service:web',
  definition: undefined,
  instance: undefined,
  launchType: 'EC2',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  createdAt: undefined,
  interface: undefined,
  containers: [],
})

it.each([
  ['right', 0],
  ['set ahead by ten days', 10 * day],
  ['set back by ten days', -10 * day],
])('keeps a stopped task for a day by the clock of ECS, with a clock that is %s', async (_, offset) => {
  const time = virtualClock(began)
  // As a clock that somebody sets after the start.
  let set = 0
  const clock = { sleep: time.sleep.bind(time), now: () => time.now() + set }
  const state$ = new BehaviorSubject(emptyState)
  const tell = (...events: readonly ClusterEvent[]): void => state$.next(events.reduce(reduce, state$.value))
  const server = Fastify()
  onTestFinished(async () => {
    state$.complete()
    await server.close()
  })
  server.register(idMapper({ worker: { state$ }, clusters: ['staging'], clock, keepMs: day }))
  await server.ready()

  tell(
    { _tag: 'TasksListed', cluster, at: began, tasks: [] },
    { _tag: 'TaskChanged', task: stopped('s1', began) },
  )
  const listed = async (): Promise<string> => (await server.inject({ url: '/v1/tasks' })).body
  expect(await listed()).toContain('task/staging/s1')
  set = offset
  await time.advance(day - 60_000)
  expect(await listed()).toContain('task/staging/s1')
  await time.advance(120_000)
  expect(await listed()).not.toContain('task/staging/s1')
})
