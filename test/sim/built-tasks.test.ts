import { joinTask, type Task } from 'ecs-task-stream'
import {
  deliver,
  describedTask,
  describedTasks,
  taskEvent,
  taskEvents,
  type TaskOptions,
} from 'ecs-task-stream/sim'
import { ecsDecoder } from 'ecs-task-stream/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../laws/runs.js'

const latest = Date.UTC(2027, 0, 1)

const taskIn = (event: unknown): Task => {
  const reading = ecsDecoder.event(event, latest)
  if (reading._tag !== 'Event' || reading.event._tag !== 'TaskChanged')
    throw new Error(`not an event of a task: ${JSON.stringify(reading)}`)
  return reading.event.task
}

const statesOf = (options: TaskOptions): readonly string[] =>
  taskEvents(options).map(
    ({ detail }) => `${String(detail['lastStatus'])} ${String(detail['desiredStatus'])}`,
  )

const anyOptions: fc.Arbitrary<TaskOptions> = fc.record(
  {
    service: fc.constantFrom('web', 'api'),
    task: fc.integer({ min: 1, max: 65_535 }),
    revision: fc.integer({ min: 1, max: 9 }),
    placement: fc.constantFrom('fargate', 'awsvpc', 'bridge', 'external'),
    port: fc.integer({ min: 1, max: 65_535 }),
    hostPort: fc.integer({ min: 1, max: 65_000 }),
    sidecars: fc.constantFrom([], [{ name: 'statsd', port: 8125, protocol: 'udp' as const }]),
    createdAt: fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2026, 5) }),
  },
  { requiredKeys: [] },
)

describe('taskEvent', () => {
  it('is the event of a running task on Fargate, if nothing is said', () => {
    const task = taskIn(taskEvent())
    expect(task).toMatchObject({
      group: 'service:web',
      definition: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1',
      cluster: 'arn:aws:ecs:eu-west-1:123456789012:cluster/default',
      launchType: 'FARGATE',
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      interface: { ipv4: '10.0.0.1' },
    })
  })

  it('has the port that Docker bound, and no address, on an instance', () => {
    const task = taskIn(taskEvent({ placement: 'bridge', port: 80, hostPort: 32_800, instance: 'i1' }))
    expect(task).toMatchObject({ launchType: 'EC2', interface: undefined })
    expect(task.instance).toMatch(/:container-instance\/default\/i1$/)
    expect(task.containers[0]?.bindings).toMatchObject([
      { protocol: 'tcp', containerPort: 80, hostPort: 32_800 },
    ])
  })

  it('is of a task that drains, if it still runs and is to stop', () => {
    const task = taskIn(taskEvent({ lastStatus: 'RUNNING', desiredStatus: 'STOPPED' }))
    expect(task).toMatchObject({ lastStatus: 'RUNNING', desiredStatus: 'STOPPED' })
    expect(task.version).toBeGreaterThan(taskIn(taskEvent()).version)
  })

  it('has the version that a test wants', () => {
    expect(taskIn(taskEvent({ version: 41 })).version).toBe(41)
  })

  it('refuses a moment that such a task does not have, and names those that it has', () => {
    expect(() => taskEvent({ placement: 'bridge', lastStatus: 'ACTIVATING' })).toThrow(
      'never ACTIVATING while it is to be RUNNING: it is PENDING (RUNNING), RUNNING (RUNNING), RUNNING (STOPPED), STOPPED (STOPPED)',
    )
    expect(() => taskEvent({ task: 0 })).toThrow('task: expected a whole number from 1 to 65535, got 0')
  })

  it('gives tasks of different numbers, services and clusters different ids', () => {
    const arns = [
      {},
      { task: 2 },
      { service: 'api' },
      { cluster: 'production' },
      { region: 'us-east-1' },
      { account: '210987654321' },
    ].map((options) => taskIn(taskEvent(options)).arn)
    expect(new Set(arns).size).toBe(arns.length)
  })
})

describe('taskEvents', () => {
  it('tell the life of a task from its creation to its end', () => {
    expect(statesOf({})).toEqual([
      'PROVISIONING RUNNING',
      'PENDING RUNNING',
      'ACTIVATING RUNNING',
      'RUNNING RUNNING',
      'RUNNING STOPPED',
      'DEACTIVATING STOPPED',
      'STOPPING STOPPED',
      'DEPROVISIONING STOPPED',
      'STOPPED STOPPED',
    ])
    expect(statesOf({ placement: 'external' })).toEqual([
      'PENDING RUNNING',
      'RUNNING RUNNING',
      'RUNNING STOPPED',
      'STOPPED STOPPED',
    ])
  })

  it('are the same for the same options, numbered without a gap, and a second apart', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const events = taskEvents(options)
        expect(taskEvents(options)).toEqual(events)
        const tasks = events.map(taskIn)
        expect(tasks.map(({ version }) => version)).toEqual(tasks.map((_, i) => i + 1))
        expect(tasks.map(({ at }) => at - (tasks[0]?.at ?? 0))).toEqual(tasks.map((_, i) => i * 1_000))
        expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
      }),
      { numRuns: runs },
    )
  })

  it('lead to the same end in any order, repeated, if the last is not lost', () => {
    fc.assert(
      fc.property(anyOptions, fc.nat(), (options, seed) => {
        const events = taskEvents(options)
        const last = events.at(-1)
        const arrived = [last, ...deliver(events, { seed, lose: 0.3, duplicate: 0.3, delay: 9 })]
        const { version, lastStatus } = arrived.map(taskIn).reduce(joinTask)
        expect({ version, lastStatus }).toEqual({ version: events.length, lastStatus: 'STOPPED' })
      }),
      { numRuns: runs },
    )
  })
})

describe('describedTask', () => {
  it('is the same task as its event tells of', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const reading = ecsDecoder.description(describedTask(options), 1)
        const { arn, version, lastStatus, interface: own } = taskIn(taskEvent(options))
        expect(reading).toMatchObject({ task: { arn, version, lastStatus } })
        expect(reading).toMatchObject(own === undefined ? {} : { task: { interface: { ipv4: own.ipv4 } } })
      }),
      { numRuns: runs },
    )
  })

  it('has times as the SDK has, and what its health check says', () => {
    const { createdAt, startedAt, healthStatus } = describedTask({ health: 'HEALTHY', createdAt: latest })
    expect({ createdAt, healthStatus }).toEqual({ createdAt: new Date(latest), healthStatus: 'HEALTHY' })
    expect(startedAt).toBeInstanceOf(Date)
  })

  it('makes a whole answer', () => {
    const { tasks = [], failures } = describedTasks([{ task: 1 }, { task: 2, lastStatus: 'PENDING' }])
    expect(tasks.map(({ lastStatus }) => lastStatus)).toEqual(['RUNNING', 'PENDING'])
    expect(failures).toEqual([])
  })
})
