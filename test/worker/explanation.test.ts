import { describe, expect, it } from 'vitest'
import {
  explain,
  explainedTarget,
  type ExplainedWorld,
  project,
  type Row,
  servicePorts,
} from 'ecs-task-stream'
import { memory } from 'ecs-task-stream/sinks/memory'
import type { ClusterEvent } from '../../src/core/event.js'
import { leadsTo } from '../../src/core/explain/place.js'
import type { ProjectOptions } from '../../src/core/project.js'
import { explanationText } from '../../src/worker/explain/explanation-text.js'
import { fold } from '../laws/observed.js'
import { cluster, observed, type Observed } from '../support/observed-task.js'

const row = (key: string, value: readonly string[], owner = 'us'): Row<readonly string[]> => ({
  key,
  value,
  owner,
  etag: undefined,
})

/** A snapshot of the cluster with these tasks, after the events, and a target with these records. */
const world = (
  tasks: readonly Observed[],
  rows: readonly Row<readonly string[]>[] = [],
  { events = [], ...more }: Partial<ProjectOptions> & { readonly events?: readonly ClusterEvent[] } = {},
): ExplainedWorld => {
  const listed: ClusterEvent = { _tag: 'TasksListed', cluster, at: 100_000, tasks: tasks.map(observed) }
  const state = fold([...events, listed])
  const options = { expose: servicePorts(), covers: [cluster], ...more }
  const desired = project(state, options)
  const target = explainedTarget(memory({ adopt: false }), rows, desired, { owner: 'us' })
  return { state, options, desired, targets: [target], now: 200_000 }
}

const id = '4b06ae9d00000000000000000000000a'
const tasksMeant = (question: string, of: ExplainedWorld): readonly string[] =>
  explain(of, question).subjects.flatMap((subject) =>
    subject._tag === 'Task' ? [subject.task.slice(-1)] : [],
  )

describe('a question', () => {
  const two = world([
    { id, host: '10.0.0.1', port: 8080 },
    { id: `${id.slice(0, -1)}b`, service: 'api', host: '10.0.0.2', port: 9090 },
  ])

  it.each([
    [id, 'a'],
    [`${cluster.replace(':cluster/', ':task/')}/${id}`, 'a'],
    [`arn:aws:ecs:eu-west-1:123456789012:task/${id}`, 'a'],
    [`staging/${id}`, 'a'],
    [id.slice(0, 6), 'ab'],
    ['10.0.0.1', 'a'],
    ['10.0.0.2:9090', 'b'],
    ['[10.0.0.2]:9090', 'b'],
    ['service:api', 'b'],
    ['staging/api', 'b'],
    ['arn:aws:ecs:eu-west-1:123456789012:service/staging/api', 'b'],
    ['arn:aws:ecs:us-east-1:123456789012:service/staging/api', ''],
    [' api ', 'b'],
    [id.slice(0, 5), ''],
    ['10.0.0.1:9090', ''],
    ['10.0.0.3', ''],
    ['', ''],
  ])('%j means the tasks “%s”', (question, meant) => {
    expect(tasksMeant(question, two).join('')).toBe(meant)
  })

  it('finds the tasks of an instance by its id or that of its machine', () => {
    const instance = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/0123456789abcdef'
    const task = { ...observed({ id }), instance }
    const state = fold([
      { _tag: 'TaskChanged', task },
      {
        _tag: 'InstanceDescribed',
        instance,
        at: 1,
        addresses: { ipv4: '10.0.0.1', ipv6: undefined },
        machine: { id: 'i-0abc', type: undefined, zone: undefined, hostName: 'ip-10-0-0-1' },
      },
    ])
    const known = { ...two, state, desired: project(state, two.options) }
    for (const question of [instance, '0123456789abcdef', '012345', 'i-0abc', 'ip-10-0-0-1'])
      expect(tasksMeant(question, known)).toEqual(['a'])
  })

  it('has at most twenty subjects, those that are not routed first, and counts the others', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({
      id: `task-${String(i).padStart(2, '0')}`,
      port: 1000 + i,
    }))
    const { subjects, more } = explain(
      world([...many.slice(1), { ...many[0], id: 'zzz', last: 'PENDING' }]),
      'web',
    )
    expect(subjects).toHaveLength(20)
    expect(more).toBe(11)
    expect(subjects[0]).toMatchObject({ _tag: 'Backend', endpoints: { more: 9 } })
  })
})

describe('an explanation of a task', () => {
  const broken = (of: ExplainedWorld, question = id) => {
    const found = explain(of, question).subjects.find(({ _tag }) => _tag === 'Task')
    return found?._tag === 'Task' ? found.firstBreak : undefined
  }
  const task = { id, port: 8080 }

  it('has no break if the target has it', () => {
    expect(broken(world([task], [row('web', ['10.0.0.1:8080'])]))).toBeUndefined()
  })

  it('says who has the name', () => {
    const one = servicePorts({ name: () => 'one' })
    expect(
      broken(world([task, { id: 'other', service: 'api', port: 1 }], [], { expose: one })),
    ).toMatchObject({
      link: 'claim',
      state: 'broken',
      says: expect.stringMatching(/^backend "one" belongs to .*service:api/) as unknown,
      todo: expect.stringContaining('BACKEND_NAME') as unknown,
    })
  })

  it('says whose record it is', () => {
    expect(broken(world([task], [row('web', ['10.9.9.9:1'], 'them')]))).toMatchObject({
      link: 'plan',
      state: 'broken',
      target: 'memory',
      says: expect.stringContaining('skipped as foreign') as unknown,
    })
  })

  it('waits for the write that the plan makes', () => {
    expect(broken(world([task]))).toMatchObject({ link: 'target', state: 'waiting', backend: 'web' })
  })

  it.each([
    [{ last: 'PENDING' }, 'waiting', 'it is PENDING, not RUNNING yet'],
    [{ desired: 'STOPPED' }, 'broken', 'it is draining: ECS wants it to stop'],
    [
      { last: 'STOPPED', desired: 'STOPPED' },
      'broken',
      'it is gone: ECS calls it STOPPED, and wants it STOPPED',
    ],
  ])('says of %j that it is %s', (more, state, says) => {
    expect(broken(world([{ ...task, ...more }]))).toMatchObject({ link: 'status', state, says })
  })

  it('says which snapshot has ruled it out', () => {
    const events: readonly ClusterEvent[] = [{ _tag: 'TaskChanged', task: observed(task) }]
    expect(broken(world([], [], { events }))?.says).toBe(
      'it is gone: the snapshot of 1970-01-01T00:01:40.000Z does not list it',
    )
  })

  it('says where a target still leads to a task that is gone', () => {
    const gone = { ...task, last: 'STOPPED', desired: 'STOPPED' }
    const of = world(
      [gone, { id: 'other', port: 1 }],
      [row('web', ['10.0.0.1:8080']), row('hand', ['10.0.0.1:8080'], 'them')],
    )
    expect(explain(of, id).subjects).toMatchObject([
      {
        leftovers: [
          { key: 'web', link: { state: 'waiting', says: 'the plan removes it from web' } },
          { key: 'hand', link: { state: 'broken', says: 'hand belongs to them, and is not changed' } },
        ],
      },
    ])
  })
})

describe('an explanation of an address that no task has', () => {
  it('says which records lead there', () => {
    const { subjects } = explain(world([{ id, port: 1 }], [row('hand', ['10.7.7.7:80'], 'them')]), '10.7.7.7')
    expect(subjects).toMatchObject([{ _tag: 'Record', key: 'hand', link: { state: 'broken' } }])
    expect(explain(world([{ id, port: 1 }]), '10.7.7.7').subjects).toEqual([])
  })
})

describe('an explanation of a backend', () => {
  it('says what keeps it incomplete, and which task it lacks', () => {
    const events: readonly ClusterEvent[] = [
      { _tag: 'TaskChanged', task: observed({ id, port: 8080 }) },
      { _tag: 'TaskChanged', task: { ...observed({ id: 'waits' }), interface: undefined } },
    ]
    const state = fold(events)
    const options = { expose: servicePorts(), covers: [cluster] }
    const of = { state, options, desired: project(state, options), targets: [], now: 0 }
    expect(explain(of, 'web').subjects[0]).toMatchObject({
      complete: false,
      incompleteBecause: [
        'task waits waits: ECS has not reported the address of its network interface yet',
        `cluster ${cluster} has no complete snapshot yet`,
      ],
      endpoints: { first: [{ address: '10.0.0.1:8080' }] },
      missing: { first: [{ because: { link: 'address', state: 'waiting' } }] },
    })
  })
})

describe('the text of an explanation', () => {
  it('ends a chain at its break, with what to do', () => {
    expect(explanationText(explain(world([{ id, port: 8080, last: 'PENDING' }]), id))).toBe(
      [
        `task/staging/${id} (service:web): waiting at status: it is PENDING, not RUNNING yet`,
        '  event       ok       version 3 of 1970-01-01T00:00:03.000Z is known',
        '  status      waiting  it is PENDING, not RUNNING yet',
        '                       → wait: it counts when ECS calls it RUNNING; if it stays, look at its events in ECS',
        '',
      ].join('\n'),
    )
  })

  it('shows each target of each port', () => {
    const text = explanationText(explain(world([{ id, port: 8080 }], [row('web', ['10.0.0.1:8080'])]), id))
    expect(text).toContain(
      [
        '  web: web:80/tcp at 10.0.0.1:8080',
        '    health      ok       nothing is known against it',
        '    deployment  ok       no deployment in stages holds it back',
        '    claim       ok       it is an endpoint of backend "web"',
        '    in memory',
        '      plan        ok       nothing changes in web',
        '      target      ok       web holds it',
      ].join('\n'),
    )
  })
})

describe('a place of a record', () => {
  const here = { host: '10.0.0.1', ipv6: 'fd00::1', port: 80 }

  it.each([
    ['10.0.0.1:80', true],
    ['http://10.0.0.1:80', true],
    ['10.0.0.1', true],
    ['[fd00::1]:80', true],
    ['fd00::1', true],
    ['10.0.0.1:8080', false],
    ['10.0.0.11:80', false],
    ['[fd00::1]:81', false],
    ['fd00::11', false],
  ])('%s is the one of the task: %s', (text, is) => {
    expect(leadsTo(text, here)).toBe(is)
  })
})
