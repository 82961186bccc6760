/**
 * The laws can fail: each of these is a worker that somebody might well write, and the very law that ours keeps
 * refutes it.
 */
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TaskArn } from '../../src/core/arn.js'
import type { Mark } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { project } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { sweep } from '../../src/core/sweep.js'
import type { Task } from '../../src/core/task.js'
import { serviceOf } from '../../src/core/service-of.js'
import { histories } from '../../src/testing/histories.js'
import { historyOf } from '../../src/testing/history.js'
import {
  anyOrderAgrees,
  nextSnapshotRefutes,
  nextSnapshotRepairs,
  type Router,
  sweepIsUnobservable,
} from './convergence.js'
import { fold, options, routed, routesOf } from './observed.js'
import { refutation } from './holds.js'

/** `examples` are tried first: what refutes it, where chance would need hundreds of cases. */
const isRefuted = <Case>(law: fc.IProperty<Case>, examples: Case[] = []): void => {
  const { failed, counterexample } = fc.check(law, { ...refutation, examples })
  expect(failed).toBe(true)
  expect(counterexample).not.toBeNull()
}

const never = (arn: string): never => {
  throw new Error(`${arn} is marked and not known`)
}

const tasksOf = (event: ClusterEvent): readonly Task[] =>
  event._tag === 'TaskChanged' ? [event.task] : event._tag === 'TasksListed' ? event.tasks : []

describe('a worker in which the newest arrival wins', () => {
  const newestArrival: Router = (events) => {
    const arrived = new Map<TaskArn, Task>()
    for (const task of events.flatMap(tasksOf)) arrived.set(task.arn, task)
    const tasks = PersistentMap.from(arrived)
    return routesOf(project({ ...fold(events), tasks }, options))
  }

  it('routes otherwise when events change places', () => {
    isRefuted(anyOrderAgrees(newestArrival))
  })
})

describe('a worker keyed by address, which adds at RUNNING and removes at STOPPED', () => {
  /**
   * Each event alone is projected to what it adds or removes; what is stopped is asked for the address that it had.
   */
  const byAddress: Router = (events) => {
    const routes = new Map<string, Set<string>>()
    const lookups = events.filter(
      ({ _tag }) => _tag === 'InstanceDescribed' || _tag === 'DefinitionDescribed',
    )
    const known = fold(lookups)
    for (const task of events.flatMap(tasksOf)) {
      const name = serviceOf(task) ?? ''
      const running: Task = {
        ...task,
        lastStatus: 'RUNNING',
        desiredStatus: 'RUNNING',
        containers: task.containers.map((container) => ({ ...container, lastStatus: 'RUNNING' })),
      }
      const alone = reduce(known, { _tag: 'TaskChanged', task: running })
      const addresses = routesOf(project(alone, options)).get(name) ?? []
      const held = routes.get(name) ?? new Set()
      for (const address of addresses)
        if (task.desiredStatus === 'STOPPED') held.delete(address)
        else if (task.lastStatus === 'RUNNING') held.add(address)
      routes.set(name, held)
    }
    return new Map(
      [...routes]
        .filter(([, held]) => held.size > 0)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, held]) => [name, [...held].sort()]),
    )
  }

  it('removes a port that a new task has when the old one stops late', () => {
    isRefuted(anyOrderAgrees(byAddress))
  })

  it('keeps for ever what it lost the end of', () => {
    isRefuted(nextSnapshotRepairs(byAddress))
  })
})

describe('a worker that sweeps at one skewAllowanceMs', () => {
  it('resurrects a task whose RUNNING comes late', () => {
    // It starts before a slow snapshot does, by a clock that is late, and is listed after that.
    const history = historyOf([
      { kind: 'launch', pick: 5, wait: 0, skew: 0, odd: false },
      { kind: 'deploy', pick: 1, wait: 0, skew: -1, odd: true },
      { kind: 'snapshot', pick: 0, wait: 4, skew: 0, odd: true },
    ])
    isRefuted(
      sweepIsUnobservable((state, { skewAllowanceMs, ...rest }) =>
        sweep(state, { skewAllowanceMs: skewAllowanceMs / 2, ...rest }),
      ),
      [[{ history, arrived: [history.events, []] }, true]],
    )
  })
})

describe('a worker that takes a snapshot with a page missing for whole', () => {
  const withoutLastPage = (event: ClusterEvent): ClusterEvent =>
    event._tag === 'TasksListed' ? { ...event, tasks: event.tasks.slice(0, -1) } : event
  const pageMissing: Router = (events) => routed(events.map(withoutLastPage))

  it('removes what is live', () => {
    isRefuted(nextSnapshotRepairs(pageMissing))
  })
})

describe('a worker that replaces a task by its highest version', () => {
  const replacing: Router = (events) => {
    const highest = new Map<TaskArn, Task>()
    for (const task of events.flatMap(tasksOf))
      if (task.version > (highest.get(task.arn)?.version ?? 0)) highest.set(task.arn, task)
    return routesOf(project({ ...fold(events), tasks: PersistentMap.from(highest) }, options))
  }

  it('lets the order decide where an event and the API differ under one version', () => {
    isRefuted(anyOrderAgrees(replacing))
  })
})

describe('a worker that believes the latest time instead of the highest version', () => {
  const byTime: Router = (events) => {
    const latest = new Map<TaskArn, Task>()
    for (const task of events.flatMap(tasksOf))
      if (task.at > (latest.get(task.arn)?.at ?? -Infinity)) latest.set(task.arn, task)
    return routesOf(project({ ...fold(events), tasks: PersistentMap.from(latest) }, options))
  }

  it('is wrong where clocks are, until a snapshot repairs it', () => {
    isRefuted(
      fc.property(histories(), ({ events, lookups }) => {
        const told = [...events.filter(({ _tag }) => _tag === 'TaskChanged'), ...lookups]
        deepStrictEqual(byTime(told), routed(told))
      }),
    )
  })
})

describe('a worker that believes the highest version, whatever snapshots say', () => {
  const highestVersion: Router = (events) => {
    const state = fold(events)
    // Without what the snapshot said, only whether it named a task is left of it.
    const marks = PersistentMap.from(
      Array.from(state.marks, ([cluster, mark]): [string, Mark] => [
        cluster,
        {
          ...mark,
          tasks: PersistentMap.from(
            Array.from(mark.tasks, ([arn]) => [arn, state.tasks.get(arn) ?? never(arn)]),
          ),
        },
      ]),
    )
    return routesOf(project({ ...state, marks }, options))
  }

  it('follows one forged event for ever', () => {
    isRefuted(nextSnapshotRefutes(highestVersion))
  })
})
