/** The rows of compact tasks, value for value, and which values a row may not have. */
import { describe, expect, it } from 'vitest'
import type { Task } from '../../src/core/task.js'
import { decodeTasks, encodeTasks } from '../../src/journal/compact-tasks.js'
import { cluster, observed } from '../support/observed-task.js'

/** A task with a value in each field. */
const full: Task = {
  ...observed({ id: 'a' }),
  definition: 'web:1',
  instance: 'i',
  capacityProvider: 'spot',
  zone: 'z',
  startedBy: 'ecs-svc/1',
  createdAt: 7,
  interface: { version: 2, ipv4: '10.0.0.1', ipv6: 'fd00::1' },
  containers: [
    {
      name: 'app',
      version: 3,
      lastStatus: 'RUNNING',
      arn: 'c',
      runtimeId: 'r',
      bindingsVersion: 4,
      bindings: [
        { containerPort: 80, hostPort: 90, protocol: 'tcp', count: 1 },
        { containerPort: 81, hostPort: 91, protocol: 'tcp', count: 2 },
        { containerPort: 82, hostPort: 92, protocol: 'udp', count: 1 },
      ],
    },
    {
      name: 'log',
      version: 3,
      lastStatus: 'PENDING',
      arn: undefined,
      runtimeId: undefined,
      bindingsVersion: -1,
      bindings: [],
    },
  ],
  health: { at: 5, status: 'UNHEALTHY', wasHealthy: true },
  end: {
    version: 6,
    stopCode: 'UserInitiated',
    reason: 'why',
    containers: [
      { name: 'app', exitCode: 137, reason: 'killed' },
      { name: 'log', exitCode: undefined, reason: undefined },
    ],
  },
}

const bare: Task = {
  ...observed({ id: 'b' }),
  group: undefined,
  launchType: undefined,
  interface: undefined,
  containers: [],
}

const texts = [
  cluster,
  'service:web',
  'web:1',
  'i',
  'EC2',
  'spot',
  'z',
  'ecs-svc/1',
  'RUNNING',
  'app',
  'log',
  'PENDING',
  'UNHEALTHY',
  'UserInitiated',
]
const bindings = [
  [80, 90],
  [81, 91, 0, 2],
  [82, 92, 1, 1],
]
const containers = [
  [9, 'c', 3, 8, 'r', 4, bindings],
  [10, null, 3, 11, null, -1, []],
]
const ends = [
  [9, 137, 'killed'],
  [10, null, null],
]
const row = [
  full.arn,
  ...[0, 1, 2, 3, 4, 5, 6, 7],
  7,
  3,
  3000,
  ...[8, 8],
  [2, '10.0.0.1', 'fd00::1'],
  containers,
  [5, 12, 1],
  [6, 13, 'why', ends],
]
const bareRow = [bare.arn, 0, null, null, null, null, null, null, null, null, 3, 3000, 8, 8, null, [], null]

describe('compact tasks', () => {
  it('are rows, which refer to shared texts', () => {
    expect(encodeTasks([full, bare])).toStrictEqual({ texts, tasks: [row, bareRow] })
  })

  it('are read as they were', () => {
    expect(decodeTasks({ texts, tasks: [row, bareRow] })).toStrictEqual([full, bare])
    expect(decodeTasks({ texts: [], tasks: [] })).toEqual([])
    const healthy: Task = { ...bare, health: { at: 1, status: 'HEALTHY' } }
    const unknown: Task = { ...bare, health: { at: 1, status: 'UNKNOWN' } }
    expect(decodeTasks(encodeTasks([healthy, unknown]))).toStrictEqual([healthy, unknown])
  })

  it('are lists of texts and of rows', () => {
    expect(decodeTasks({ texts: {}, tasks: [] })).toBeUndefined()
    expect(decodeTasks({ texts: [], tasks: {} })).toBeUndefined()
    expect(decodeTasks({ texts: [1], tasks: [] })).toBeUndefined()
    expect(decodeTasks({ texts: [[]], tasks: [] })).toBeUndefined()
    expect(decodeTasks({ texts: ['a\nb'], tasks: [] })).toBeUndefined()
    expect(decodeTasks({ texts: ['a'.repeat(4096)], tasks: [] })).toEqual([])
    expect(decodeTasks({ texts: ['a'.repeat(4097)], tasks: [] })).toBeUndefined()
  })
})

/** A copy of a list with one value replaced. */
const replaced = (list: readonly unknown[], at: number, by: unknown): readonly unknown[] =>
  list.map((one, i) => (i === at ? by : one))

/** The full row with one value replaced, and one more shared text, which is empty. */
const withValue = (at: number, by: unknown) =>
  decodeTasks({ texts: [...texts, ''], tasks: [replaced(row, at, by)] })

const empty = texts.length
const container = (at: number, by: unknown) => [replaced(containers[0] ?? [], at, by)]
const end = (at: number, by: unknown) => replaced([6, 13, 'why', ends], at, by)

describe('a row is no task with', () => {
  it.each<[string, number, unknown]>([
    ['no ARN', 0, null],
    ['an empty ARN', 0, ''],
    ['a number as ARN', 0, 1],
    ['an ARN of two lines', 0, 'a\nb'],
    ['an ARN that is too long', 0, 'a'.repeat(4097)],
    ['no cluster', 1, null],
    ['an empty cluster', 1, empty],
    ['a cluster as text', 1, cluster],
    ...[2, 3, 4, 5, 6, 7, 8].flatMap((at): [string, number, unknown][] => [
      [`an unknown text in place ${at}`, at, 99],
      [`a text of its own in place ${at}`, at, '0'],
    ]),
    ['a time of creation that is none', 9, 9e15],
    ['the version 0', 10, 0],
    ['no version', 10, null],
    ['no time', 11, null],
    ['no status', 12, null],
    ['an empty status', 12, empty],
    ['no desired status', 13, null],
    ['an interface that is no list', 14, {}],
    ['an interface without a version', 14, [null, null, null]],
    ['an interface with a number as address', 14, [2, 1, null]],
    ['an interface with another number as address', 14, [2, null, 1]],
    ['no containers', 15, null],
    ['a container that is no list', 15, [1]],
    ['a container without a name', 15, container(0, null)],
    ['a container with an empty name', 15, container(0, empty)],
    ['a container with a number as ARN', 15, container(1, 1)],
    ['a container without a version', 15, container(2, null)],
    ['a container without a status', 15, container(3, null)],
    ['a container with a number as runtime', 15, container(4, 1)],
    ['a container with the bindings of version -2', 15, container(5, -2)],
    ['a container without bindings', 15, container(6, null)],
    ['containers out of order', 15, containers.toReversed()],
    ['a container twice', 15, [containers[0], containers[0]]],
    ['a binding that is no list', 15, container(6, [1])],
    ['a binding without a port', 15, container(6, [[null, 90]])],
    ['a binding without a host port', 15, container(6, [[80, -1]])],
    ['a binding of another protocol', 15, container(6, [[80, 90, 2, 1]])],
    ['a binding of half a port', 15, container(6, [[80, 90, 0, 0.5]])],
    ['bindings out of order', 15, container(6, bindings.toReversed())],
    ['a binding twice', 15, container(6, [bindings[0], bindings[0]])],
    ['health that is no list', 16, 1],
    ['health without a time', 16, [null, 12]],
    ['health of another status', 16, [5, 8]],
    ['health without a status', 16, [5, null]],
    ['health that was something else', 16, [5, 12, 2]],
    ['an end that is no list', 17, 1],
    ['no end', 17, null],
    ['an end without a version', 17, end(0, null)],
    ['an end with an unknown code', 17, end(1, 99)],
    ['an end with a number as reason', 17, end(2, 1)],
    ['an end without containers', 17, end(3, null)],
    ['an ended container that is no list', 17, end(3, [1])],
    ['an ended container without a name', 17, end(3, [[null, 1, null]])],
    ['an ended container with a text as exit code', 17, end(3, [[9, 'x', null]])],
    ['an ended container with a number as reason', 17, end(3, [[9, 1, 1]])],
    ['ended containers out of order', 17, end(3, ends.toReversed())],
    ['an ended container twice', 17, end(3, [ends[0], ends[0]])],
  ])('%s', (_, at, by) => {
    expect(withValue(at, by)).toBeUndefined()
  })

  it('but may leave out what a task may lack', () => {
    for (const at of [2, 3, 4, 5, 6, 7, 8, 9, 14, 16]) expect(withValue(at, null)).toHaveLength(1)
    expect(withValue(16, [5, 12])?.[0]?.health).toStrictEqual({ at: 5, status: 'UNHEALTHY' })
    expect(withValue(15, container(5, -1))?.[0]?.containers[0]?.bindingsVersion).toBe(-1)
    expect(withValue(15, container(6, [[80, 90, 0, 1]]))?.[0]?.containers[0]?.bindings).toStrictEqual([
      { containerPort: 80, hostPort: 90, protocol: 'tcp', count: 1 },
    ])
    expect(withValue(3, empty)?.[0]?.definition).toBe('')
    expect(withValue(17, end(3, []))?.[0]?.end?.containers).toEqual([])
  })
})
