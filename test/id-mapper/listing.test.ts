import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastSegment } from '../../src/core/arn.js'
import { emptyState } from '../../src/core/cluster-state.js'
import { reduce } from '../../src/core/reduce.js'
import { listContainers, listInstances, listServices, listTasks } from '../../src/id-mapper/routes/listing.js'
import { containersOf, familyOf, phases, type TaskRecord } from '../../src/id-mapper/index/task-record.js'
import { serviceOf } from '../../src/core/service-of.js'
import { histories } from '../../src/testing/histories.js'
import { holdsInHistories } from '../laws/holds.js'
import { everyPage, indexOf } from './indexed.js'

const indexes = histories().map(({ events }) => indexOf([events.reduce(reduce, emptyState)]))
const limits = fc.integer({ min: 1, max: 7 })

const filters = fc.record(
  {
    cluster: fc.constantFrom(
      'staging',
      'production',
      'arn:aws:ecs:eu-west-1:123456789012:cluster/staging',
      'none',
    ),
    service: fc.constantFrom('web', 'api', 'mail', 'none'),
    family: fc.constantFrom('web', 'shop'),
    instance: fc.constantFrom(
      '1',
      '3',
      'i-2',
      'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/1',
    ),
    phase: fc.constantFrom(...phases),
  },
  { requiredKeys: [] },
)

describe('a list', () => {
  it('has every task that is meant in exactly one page, in order, while nothing changes', () => {
    holdsInHistories(
      fc.property(
        indexes,
        filters,
        limits,
        fc.constantFrom(undefined, '0', '00000000000000000000000000000001', '1'),
        (index, filter, limit, prefix) => {
          const { cluster, service, family, instance, phase } = filter
          const means = ({ id, task, phase: is, cluster: at }: TaskRecord): boolean =>
            id.startsWith(prefix ?? '') &&
            (cluster === undefined || at === cluster || lastSegment(at) === cluster) &&
            (service === undefined || serviceOf(task) === service) &&
            (family === undefined || familyOf(task).family === family) &&
            (phase === undefined || is === phase) &&
            (instance === undefined ||
              task.instance === instance ||
              (task.instance !== undefined && lastSegment(task.instance) === instance) ||
              index.resources.instance(task.instance)?.machine?.id === instance)
          deepStrictEqual(
            everyPage((options) => listTasks(index, filter, { ...options, prefix }), limit).map(
              ({ arn }) => arn,
            ),
            [...index.tasks.from()].filter(means).map(({ arn }) => arn),
          )
        },
      ),
    )
  })

  it('has every container, service and instance in exactly one page', () => {
    holdsInHistories(
      fc.property(indexes, limits, (index, limit) => {
        const records = [...index.tasks.from()]
        const containers = everyPage((options) => listContainers(index, {}, options), limit)
        deepStrictEqual(
          containers.map(({ taskArn, name }) => `${taskArn} ${name}`),
          records.flatMap((record) =>
            containersOf(record).map(({ container }) => `${record.arn} ${container.name}`),
          ),
        )
        const ids = containers.flatMap(({ id }) => id ?? [])
        const prefix = ids[0]?.slice(0, 31) ?? 'none'
        deepStrictEqual(
          new Set(
            everyPage((options) => listContainers(index, {}, { ...options, prefix }), limit).map(
              ({ id }) => id,
            ),
          ),
          new Set(ids.filter((id) => id.startsWith(prefix))),
        )
        deepStrictEqual(
          everyPage((options) => listServices(index, {}, options), limit).map(({ name }) => name),
          [...new Set(records.flatMap(({ task }) => serviceOf(task) ?? []))].sort(),
        )
        deepStrictEqual(
          everyPage((options) => listInstances(index, {}, options), limit).map(({ arn }) => arn),
          [...new Set(records.flatMap(({ task }) => task.instance ?? []))].sort((a, b) =>
            lastSegment(a) < lastSegment(b) ? -1 : 1,
          ),
        )
      }),
    )
  })

  it('has what stays there in exactly one page, whatever comes and goes meanwhile', () => {
    holdsInHistories(
      fc.property(histories(), fc.nat(), limits, ({ events, end }, from, limit) => {
        const index = indexOf([], { keepTasks: 1 })
        let state = emptyState
        const gone = new Set<string>()
        const follow = (some: typeof events): void => {
          for (const event of some)
            for (const { kind, record } of index.follow((state = reduce(state, event)), end))
              if (kind === 'removed') gone.add(record.arn)
        }
        const begin = from % (events.length + 1)
        follow(events.slice(0, begin))
        const before = Array.from(index.tasks.from(), ({ arn }) => arn)
        gone.clear()
        let left = events.slice(begin)
        const listed = everyPage((options) => {
          const page = listTasks(index, {}, options)
          // After each page something happens.
          follow(left.slice(0, 3))
          left = left.slice(3)
          return page
        }, limit).map(({ arn }) => arn)
        deepStrictEqual(listed.length, new Set(listed).size)
        for (const arn of before) if (!gone.has(arn)) ok(listed.includes(arn), arn)
      }),
    )
  })

  it('ends a page after many items of which few are meant, and goes on from there', () => {
    let state = emptyState
    const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging'
    for (let i = 0; i < 25_000; i++) {
      const lastStatus = i % 10_007 === 10_006 ? 'PENDING' : 'RUNNING'
      state = reduce(state, {
        _tag: 'TaskChanged',
        task: {
          arn: `arn:aws:ecs:eu-west-1:123456789012:task/staging/${String(i).padStart(8, '0')}`,
          cluster,
          group: undefined,
          definition: undefined,
          instance: undefined,
          launchType: undefined,
          capacityProvider: undefined,
          zone: undefined,
          startedBy: undefined,
          createdAt: undefined,
          version: 1,
          at: 0,
          lastStatus,
          desiredStatus: 'RUNNING',
          interface: undefined,
          containers: [],
          health: undefined,
        },
      })
    }
    const index = indexOf([state])
    const sizes: number[] = []
    const found = everyPage((options) => {
      const page = listTasks(index, { phase: 'pending' }, options)
      sizes.push(page?.items.length ?? NaN)
      return page
    }, 100)
    expect(found.map(({ id }) => id)).toEqual(['00010006', '00020013'])
    expect(sizes).toEqual([0, 1, 1])
  })

  it('takes no cursor of another list, and none that is made up', () => {
    const index = indexOf([])
    for (const cursor of ['', 'x', 'bnVsbA', Buffer.from('["services","a","b","c"]').toString('base64url')])
      expect(listTasks(index, {}, { limit: 1, cursor })).toBeUndefined()
    const cursor = Buffer.from('["tasks","a","b","c"]').toString('base64url')
    expect(listTasks(index, {}, { limit: 1, cursor })).toEqual({ items: [], next: undefined })
  })
})
